import { afterAll, expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { startsOf } from "../bundle/services.ts";
import { besideHostility } from "../senders/hostileSession.ts";
import { expectNothingLeft, untilAllHealthy } from "./expectations.ts";

/** `./scripts/bench hostile` sends 100,000. */
const INPUTS = 15_000;
const SEED = 20_261_130;

afterAll(() => expectNothingLeft());

test("malformed packets and offers inside sessions leave a call beside them whole, sound and picture", async () => {
  const before = await startsOf();
  const { found, complaints, packets, offers } = await besideHostility(INPUTS, SEED);
  await recordMeasurements({ test: "malformed inputs inside sessions", packets, offers, found });
  expect(complaints, found).toEqual([]);
  expect(packets).toBeGreaterThanOrEqual(INPUTS);
  expect(offers).toBeGreaterThan(INPUTS / 100);
  expect(await startsOf()).toEqual(before); // no service has crashed
  await untilAllHealthy();
});
