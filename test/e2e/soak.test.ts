import { expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { soak } from "../soak/soak.ts";
import { complaints, inWords } from "../soak/verdict.ts";

/** A short version of `scripts/bench soak`. */
test("consecutive and simultaneous calls leave nothing behind", async () => {
  const report = await soak({ calls: 6, atOnce: 5, atOnceMs: 3_000, warmUpCalls: 2, say: () => undefined });
  await recordMeasurements({ test: "soak", ...report });
  expect(complaints(report), inWords(report)).toEqual([]);
});
