import { expect, test } from "vitest";
import { fileUrl, findCallsOf } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { chaos } from "../chaos/chaos.ts";
import { inWords } from "../chaos/tally.ts";
import { expectAllHealthy, expectNothingLeft } from "./expectations.ts";

const CHAOS_MS = 80_000;
const LIMIT_MS = 300_000;
/** Maximum loss of a call whose recorder was killed; most calls lose nothing. */
const LOST_SECONDS = 1.5;
/** Another one for each try, unless it is set. */
const newSeed = () => Number(process.env["CHAOS_SEED"] ?? Date.now() % 1_000_000);

test("when random parts are killed and frozen during calls, one and two at a time, every call gets its recording and nothing is said that is not true", {
  timeout: LIMIT_MS,
}, async () => {
  const tally = await chaos({
    seed: newSeed(),
    forMs: CHAOS_MS,
    callers: 3,
    say: (line) => void process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`${inWords(tally)}\n`); // includes the seed; CHAOS_SEED repeats the same run
  const { legs: _, ...figures } = tally;
  await recordMeasurements({ test: "chaos", ...figures });

  expect(tally.calls).toBeGreaterThan(3);
  expect(tally.failed, inWords(tally)).toEqual([]);
  expect(tally.lies, inWords(tally)).toEqual([]);
  expect(tally.worstSecondsLost, inWords(tally)).toBeLessThanOrEqual(LOST_SECONDS);
  for (const leg of tally.legs) {
    if (leg.state !== "ready") continue;
    const call = (await findCallsOf(leg.peerId)).find(({ legs }) => legs.some(({ id }) => id === leg.id));
    if (!call) throw new Error(`no call has ${leg.id}`);
    await using file = await download(fileUrl(call, leg));
    const { decodeErrors } = await inspect(file.path);
    expect(decodeErrors, leg.id).toBe("");
  }
  await expectNothingLeft();
  await expectAllHealthy();
});
