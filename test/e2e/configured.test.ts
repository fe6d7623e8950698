import { afterAll, beforeAll, expect, test } from "vitest";
import { fileUrl, findCallOf, request } from "../bundle/api.ts";
import { configure } from "../bundle/configuration.ts";
import { type Download, download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { readSignal, type Signal } from "../bundle/recordingSignal.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { beeps, flashes } from "../bundle/signalEvents.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS } from "./expectations.ts";
import { BOTH, BUSY, expectInStep, expectPlayable, makeCall, type Recorded, sentKbps } from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 4;
const H264 = { only: { mimeType: "video/H264", parameters: "packetization-mode=1" } };
const SEPARATE = `
tracks: separate
video:
  h264Container: mp4
bandwidth:
  perLegKbps: 500
`;
/** One tebibyte. */
const TOO_SMALL = `
host:
  minimumAvailableMebibytes: 1048576
`;
const VORBIS = `
audio:
  transcode: vorbis
`;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("separate tracks in step, H264 in MP4 and a bitrate limit work where they are configured", async () => {
  await using _ = await configure(SEPARATE);
  let kbps = 0;
  const [webm, mp4] = await Promise.all([
    makeCall(testBrowser, BOTH, {}, CALL_SECONDS),
    makeCall(testBrowser, BOTH, H264, CALL_SECONDS),
    makeCall(testBrowser, BUSY, {}, 6, async (page) => {
      await page.talk(3_000);
      kbps = await sentKbps(page, 6_000);
    }),
  ]);

  await recordMeasurements({ test: "bandwidth with a limit of 500", kbps });
  expect(kbps).toBeGreaterThan(250);
  expect(kbps).toBeLessThan(550);
  expectPlayable(webm, ["audio opus", "video vp8"]);
  await expectTracksApart(webm, "webm");
  expectPlayable(mp4, ["audio opus", "video h264"]);
  await expectTracksApart(mp4, "mp4");
});

test("audio is converted to Vorbis where that is configured", async () => {
  await using _ = await configure(VORBIS);
  const [opus, g711] = await Promise.all([
    makeCall(testBrowser, BOTH, {}, CALL_SECONDS),
    makeCall(testBrowser, BOTH, { audioCodec: "PCMU" }, CALL_SECONDS),
  ]);
  for (const seen of [opus, g711]) {
    expect(seen.leg.file?.name).toBe(`${seen.leg.id}.webm`);
    expectPlayable(seen, ["audio vorbis", "video vp8"]);
    expectInStep(seen);
  }
});

test("a host with too few resources refuses calls, names the resource, and accepts calls once it has enough", async () => {
  {
    await using _ = await configure(TOO_SMALL, { isHealthy: false });
    await waitFor("everything but the host is healthy", PATIENCE_MS, async () => {
      const answer = await request("/api/health")
        .then((response) => response.json())
        .catch(() => undefined);
      const parts = Object.entries<{ status: string }>(answer?.parts ?? {});
      const unhealthy = parts.filter(([, { status }]) => status !== "ok").map(([name]) => name);
      return unhealthy.length === 1 && unhealthy[0] === "host";
    });
    const { page, peerId } = await testBrowser.caller();
    await expect(page.call(RECORDER_PEER_ID, { videoCodec: "VP8" })).rejects.toThrow("not connected");
    const call = await findCallOf(peerId);
    expect(call?.legs).toMatchObject([{ state: "failed", error: { code: "MEMORY_SHORT" } }]);
    const health = await request("/api/health");
    expect(health.status).toBe(503);
    const host = { status: "failing", reason: expect.stringContaining("MiB") };
    expect((await health.json()).parts).toMatchObject({ host });
    await page.tab.close();
  }
  const seen = await makeCall(testBrowser, BOTH, {}, 1);
  expectPlayable(seen, ["audio opus", "video vp8"]);
});

/** Two more files beside the joined one, with the same content at the same times. */
async function expectTracksApart(joined: Recorded, container: string): Promise<void> {
  const { call, leg } = joined;
  expectInStep(joined);
  expect(leg.trackFiles?.map(({ name }) => name)).toEqual([
    `${leg.id}-audio.${container}`,
    `${leg.id}-video.${container}`,
  ]);
  const [audio, video] = await Promise.all((leg.trackFiles ?? []).map((file) => alone(fileUrl(call, leg, file))));
  expect(audio?.signal.frames).toEqual([]);
  expect(video?.signal.sound).toEqual([]);
  expect(beeps(audio?.signal as Signal)).toEqual(beeps(joined));
  expect(flashes(video?.signal as Signal)).toEqual(flashes(joined));
  for (const file of leg.trackFiles ?? []) {
    const [stream] = file.streams;
    const { headers } = await request(`/api/calls/${call.id}/files/${file.name}`, { method: "HEAD" });
    expect(headers.get("content-type")).toBe(`${stream?.kind}/${container}`);
    expect(stream).toEqual(leg.file?.streams.find(({ kind }) => kind === stream?.kind));
  }
}

async function alone(url: string) {
  await using file: Download = await download(url);
  const [inspection, signal] = await Promise.all([inspect(file.path), readSignal(file.path)]);
  expect(inspection.decodeErrors).toBe("");
  return { inspection, signal };
}
