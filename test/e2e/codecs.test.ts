import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallOptions } from "../browsers/callerPage.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { BOTH, expectInStep, expectPlayable, makeCall, SMALL } from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 4;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

const h264 = (parameters: string): CallOptions => ({ only: { mimeType: "video/H264", parameters } });

// Debian's Chromium cannot encode H264 High. recorder.test.ts sends it to the recorder as plain RTP. One at a time: pages
// that encode five pictures at once on two cores stop for half a second, and their calls are longer than they mean.
describe("a codec that a page offers alone is recorded unchanged", () => {
  test.each<[string, CallOptions, string, string[]]>([
    ["VP9", { videoCodec: "VP9" }, "webm", ["audio opus", "video vp9"]],
    [
      "H264 Constrained Baseline",
      h264("packetization-mode=1;profile-level-id=42e0"),
      "mkv",
      ["audio opus", "video h264"],
    ],
    ["H264 in single packets", h264("packetization-mode=0;profile-level-id=42e0"), "mkv", ["audio opus", "video h264"]],
    ["H264 Main", h264("packetization-mode=1;profile-level-id=4d00"), "mkv", ["audio opus", "video h264"]],
    ["G.711 with VP8", { audioCodec: "PCMU" }, "mkv", ["audio pcm_mulaw", "video vp8"]],
  ])("%s", async (_, options, container, streams) => {
    const seen = await makeCall(testBrowser, BOTH, options, CALL_SECONDS);
    expect(seen.leg.file?.name).toBe(`${seen.leg.id}.${container}`);
    expectPlayable(seen, streams);
    expectInStep(seen);
  });

  test("of a page that offers AV1 alone beside Opus, sound is recorded, and a note tells that the picture is not", async () => {
    const { page, peerId } = await testBrowser.syntheticCaller(BOTH);
    await page.call(RECORDER_PEER_ID, { only: { mimeType: "video/AV1" } });
    await page.talk(CALL_SECONDS * 1_000);
    const endedAt = Date.now();
    await page.hangUp("close(true)");
    const { leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);
    await page.tab.close();
    expect(leg.file?.streams.map(({ kind, codec }) => `${kind} ${codec}`)).toEqual(["audio opus"]);
    expect(leg.notes).toEqual([expect.objectContaining({ code: "NOT_RECORDED_CODEC", kind: "video" })]);
  });

  test("the largest of three simulcast layers is recorded", async () => {
    const seen = await makeCall(testBrowser, BOTH, { layers: [4, 2, 1] }, CALL_SECONDS);
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expect(new Set(seen.frames.map(({ width, height }) => `${width}x${height}`))).toEqual(
      new Set([`${SMALL.width}x${SMALL.height}`]),
    );
    expectInStep(seen);
  });
});
