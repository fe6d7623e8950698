import { test } from "vitest";
import { fuzzMetadata } from "./fuzzMetadata.ts";

/** `./scripts/bench fuzz` runs the same with 100,000 inputs. */
test("any peer id and metadata of a caller can be written to a manifest and read back", () => {
  fuzzMetadata(20_261_123, 500);
});
