import { expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { load } from "../load/load.ts";
import { expectNothingLeft } from "./expectations.ts";
import { ON_SECOND_ADDRESS, publishForRoamingHosts } from "./publishing.ts";

const LEGS = 20;

/** A short version of `scripts/bench load`. */
test("twenty calls that arrive in one second are answered, and not one frame is missing", async () => {
  await using _published = await publishForRoamingHosts(4, ON_SECOND_ADDRESS);
  const report = await load({ legs: LEGS, perSecond: LEGS, upMs: 5_000 });
  await recordMeasurements({ test: "load", ...report });
  expect(report.failures).toEqual([]);
  expect(report.conspicuous).toEqual({});
  expect(report.answered).toBe(LEGS);
  expect(report.missing).toEqual({ video: 0, audio: 0 });
  await expectNothingLeft();
});
