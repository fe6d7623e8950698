import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { generate } from "./generate.ts";
import { offsetsOf } from "./sync.ts";

/** Allowed error of the measurement itself: less than a quarter of a frame at 30 frames per second. */
const OWN_ERROR_MS = 8;
const SECONDS = 5;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fidelity-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the measurement of generated files with known properties", () => {
  test("a perfect recording has every frame, with sound and picture in step", async () => {
    const path = join(folder, "perfect.webm");
    await generate(path, SECONDS);
    const report = await analyse(path);
    expect(report).toMatchObject({
      frames: SECONDS * 30,
      undecodedFrames: 0,
      unreadableFrames: 0,
      missingCounters: 0,
      repeatedCounters: 0,
    });
    expect(report.longestFreezeMs).toBeLessThan(35);
    expect(report.audioGaps).toBe(0);
    const offsets = offsetsOf(report.pairs);
    expect(offsets?.pairs).toBe(SECONDS - 1);
    expect(offsets?.p95Ms).toBeLessThan(OWN_ERROR_MS);
  });

  test.each([100, -60])("sound that is %d ms late is measured as such", async (late) => {
    const path = join(folder, `late${late}.webm`);
    await generate(path, SECONDS, { soundLateMs: late });
    const offsets = offsetsOf((await analyse(path)).pairs);
    expect(Math.abs((offsets?.medianMs ?? Number.NaN) - late)).toBeLessThan(OWN_ERROR_MS);
  });

  test("missing frames are counted, and the freeze is as long as they are", async () => {
    const path = join(folder, "dropped.webm");
    await generate(path, SECONDS, { dropped: new Set([70, 71, 72, 73, 74, 110]) });
    const report = await analyse(path);
    expect(report.missingCounters).toBe(6);
    expect(report.longestFreezeMs).toBeCloseTo(200, -1);
  });

  test("the drift of a sender's clock is measured", async () => {
    const path = join(folder, "drift.webm");
    await generate(path, 8, { soundSlowPpm: 2_000 });
    const offsets = offsetsOf((await analyse(path)).pairs);
    expect(offsets?.driftMsPerMinute).toBeGreaterThan(90);
    expect(offsets?.driftMsPerMinute).toBeLessThan(150);
  });
});
