import { test } from "vitest";
import { fuzzMetadata } from "./fuzzMetadata.ts";

/** `./scripts/bench fuzz` does the same with 100,000 inputs. */
test("whatever a caller says of itself, a manifest holds it and reads it back", () => {
  fuzzMetadata(20_261_123, 500);
});
