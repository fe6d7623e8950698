import { afterAll, beforeAll, expect, test } from "vitest";
import { fileUrl, findCallOf, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { configure } from "../bundle/configuration.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { type Inspection, inspect } from "../bundle/recordingFile.ts";
import { runOrThrow } from "../bundle/run.ts";
import { allHealthy } from "../bundle/services.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, type Ready, readyCallOf } from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const MAX_SECONDS = 12;
const LIMIT = `leg:\n  maxDurationSeconds: ${MAX_SECONDS}\n`;
/** The part that the second recorder gets. */
const AFTER_MS = 3_000;
const ROLLED_LIMIT_MS = 60_000;
/** Time between reading a browser's statistics and the end of its media. */
const LAST_FRAMES = 10;
/** On a busy host the next recorder may start late; the previous file continues until then. */
const LATE_SECONDS = 8;
/** Two frames of a busy camera, by which the tracks may differ at a seam. */
const SEAM_SECONDS = 0.15;

let testBrowser: TestBrowser;
let configured: AsyncDisposable;
beforeAll(async () => {
  configured = await configure(LIMIT);
  testBrowser = await openTestBrowser("chromium");
});
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await configured?.[Symbol.asyncDispose]();
});

test("a call that exceeds the maximum file length continues in the next file without a missing frame", async () => {
  const media = [undefined, { video: false, audio: true }, { video: true, audio: false }];
  const callers = await Promise.all(media.map((one) => testBrowser.caller(one)));
  await Promise.all(callers.map(({ page }) => page.call(RECORDER_PEER_ID, { videoCodec: "VP8" })));
  await waitFor("the first files of the running calls", ROLLED_LIMIT_MS, async () => {
    const legs = await Promise.all(callers.map(async ({ peerId }) => (await findCallOf(peerId))?.legs[0]));
    return legs.every((leg) => leg?.state === "recording" && leg.files?.[0]?.file);
  });
  await Promise.all(
    callers.map(async ({ page, peerId }) => {
      const endedAt = Date.now();
      const sent = await page.hangUp("close(true)");
      const ready = await readyCallOf(peerId, endedAt, PATIENCE_MS);
      const seen = await inspectAll(ready);
      const frames = sum(seen, "video");
      const packets = sum(seen, "audio");
      await recordMeasurements({
        test: "roll-over",
        files: seen.length,
        frames,
        packets,
        sent: [sent.video, sent.audio],
      });
      expect(seen.length).toBeGreaterThanOrEqual(2);
      expectSame(frames, sent.video?.framesSent ?? 0);
      expectSame(packets, sent.audio?.packets ?? 0);
      expectToContinue(ready, seen);
    }),
  );
  await expectNothingLeft();
});

test("a call that has rolled over survives the loss of its orchestrator and of its next recorder", async () => {
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  const connectedAt = Date.now();
  const leg = await waitFor("its second file", ROLLED_LIMIT_MS, async () => {
    const found = (await findCallOf(peerId))?.legs[0];
    return found?.files?.length === 1 ? found : undefined;
  });
  const killedAt = Date.now();
  await composeOrThrow(["kill", "--signal", "KILL", "orchestrator"]);
  await composeOrThrow(["start", "orchestrator"]);
  await waitFor("the orchestrator is back", ROLLED_LIMIT_MS, allHealthy);
  const running = async () =>
    (await recorderContainers({ legId: leg.id })).filter(({ Status }) => Status.startsWith("Up"));
  const [killed] = await running();
  await runOrThrow("docker", ["kill", "--signal", "KILL", killed?.ID ?? ""]);
  await waitFor("another recorder", ROLLED_LIMIT_MS, async () => (await running()).some(({ ID }) => ID !== killed?.ID));
  const absentSeconds = (Date.now() - killedAt) / 1000;
  await page.talk(Date.now() - connectedAt + AFTER_MS);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  const ready = await readyCallOf(peerId, endedAt, PATIENCE_MS);
  const seen = await inspectAll(ready, absentSeconds);
  await recordMeasurements({ test: "roll-over, chaos", frames: sum(seen, "video"), sent: sent.video });
  expect(sum(seen, "video") / (sent.video?.framesSent ?? 0)).toBeGreaterThan(0.9);
  await expectNothingLeft();
});

/**
 * All files of a leg. Checks that each is complete and not longer than allowed.
 *
 * @param absentSeconds how long nobody could start the next file.
 */
async function inspectAll({ call, leg }: Ready, absentSeconds = 0): Promise<Inspection[]> {
  const files = leg.files ?? [];
  expect(files[0]?.file).toEqual(leg.file);
  return Promise.all(
    files.map(async ({ file }, index) => {
      expect(file?.name).toBe(index === 0 ? `${leg.id}.webm` : `${leg.id}-${index + 1}.webm`);
      const { status } = await request(`/api/calls/${call.id}/files/${file?.name}`, { method: "HEAD" });
      expect(status).toBe(200);
      await using local = await download(fileUrl(call, leg, file));
      const seen = await inspect(local.path);
      expect(seen.decodeErrors).toBe("");
      expect(seen.hasCuesInFront).toBe(true);
      expect(seen.durationSeconds).toBeLessThanOrEqual(MAX_SECONDS + LATE_SECONDS + absentSeconds);
      if (seen.firstFrame) expect(seen.firstFrame.keyframe).toBe(true);
      return seen;
    }),
  );
}

/** Each file begins where the previous one ends. */
function expectToContinue({ leg }: Ready, seen: readonly Inspection[]): void {
  const files = leg.files ?? [];
  expect(files[0]?.startedAt).toBe(leg.startedAt);
  files.slice(1).forEach(({ startedAt }, index) => {
    const before = Date.parse(files[index]?.startedAt ?? "") / 1000 + (seen[index]?.durationSeconds ?? 0);
    expect(Math.abs(Date.parse(startedAt) / 1000 - before)).toBeLessThan(SEAM_SECONDS);
  });
}

function expectSame(recorded: number, sent: number): void {
  expect(recorded).toBeGreaterThanOrEqual(sent - 1);
  expect(recorded).toBeLessThanOrEqual(sent + LAST_FRAMES);
}

function sum(seen: readonly Inspection[], kind: string): number {
  const streams = seen.flatMap((one) => one.streams.filter((stream) => stream.kind === kind));
  return streams.reduce((packets, stream) => packets + stream.packets, 0);
}
