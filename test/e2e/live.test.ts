import { randomUUID } from "node:crypto";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES, type Tab } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage } from "../browsers/consolePage.ts";
import { type Call, findCallOf, getCall, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { jobsOf } from "../bundle/jobs.ts";
import { showLive } from "../bundle/live.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { PROJECT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { StreamReceiver } from "../bundle/streamReceiver.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { findBeeps } from "../fidelity/beeps.ts";
import { decodeFrames, decodeSound, type TimedFrame } from "../fidelity/decode.ts";
import { findPairs } from "../fidelity/pairs.ts";
import { FLASH_EVERY_FRAMES, FRAME_RATE, HEIGHT, readFrame, WIDTH } from "../fidelity/pattern.ts";
import { openPatternPage } from "../fidelity/patternPage.ts";
import { median } from "../fidelity/statistics.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const [KEY, PASSPHRASE] = [randomUUID(), randomUUID()];
/** Small, because the two cores also run the browsers. */
const LIVE = `
live:
  width: 640
  height: 360
  frameRate: 15
  videoKbps: 800
  graceSeconds: 1
  lingerSeconds: 10
  callersChoose: true
  push:
    - { name: channel, url: "rtmp://${StreamReceiver.nameOf("rtmp")}/channel", key: ${KEY} }
    - { name: secure, url: "rtmps://${StreamReceiver.nameOf("rtmp")}:1936/channel", key: ${KEY}-s, verifyCertificate: false }
    - { name: distrusted, url: "rtmps://${StreamReceiver.nameOf("rtmp")}:1936/channel", key: ${KEY}-d }
    - { name: studio, url: "srt://${StreamReceiver.nameOf("srt")}:9000", streamId: call, passphrase: ${PASSPHRASE} }
`;
/** The layout of two participants: left and right, half size. */
const HALVES = ["320:180:0:90", "320:180:320:90"] as const;
const LATEST_MS = 6_000;
const IN_SYNC_MS = 80;
const BUILD_LIMIT_MS = 300_000;
/** Before the first RTCP report (every five seconds), audio is placed by the arrival of its first packet. */
const SENDER_REPORTED_SECONDS = 9;
const LAST_PAIRS = 3;
const LIMIT_MS = 60_000;
const LIMIT = { timeout: LIMIT_MS };

let testBrowser: TestBrowser;
let browser: Browser;
let live: AsyncDisposable;
beforeAll(async () => {
  live = await showLive("hls,dash", LIVE);
  await StreamReceiver.build();
  testBrowser = await openTestBrowser("chromium");
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
}, BUILD_LIMIT_MS);
afterAll(async () => {
  await browser?.close();
  await testBrowser?.[Symbol.asyncDispose]();
  await live?.[Symbol.asyncDispose]();
});

test("a call can be watched live while participants join and the live service is killed", async () => {
  const page = await openPatternPage(testBrowser.browser, testBrowser.pages);
  const [peerId, key] = [newPeerId("party"), newPeerId("conversation")];
  await page.open(SIGNALING, peerId);
  const join = (name: string) =>
    page.call(RECORDER_PEER_ID, ["audio", "video"], {
      videoCodec: "VP8",
      metadata: { call: key, name, live: ["hls", "dash"] },
    });
  await join("Ada");
  const call = await waitFor("the call is shown", LIMIT_MS, async () => {
    const found = await findCallOf(peerId);
    return found?.live?.endedAt === null && found;
  });
  await using opened = await openConsolePage(browser, call.live?.page ?? "");
  const { page: viewer, complaints } = opened;
  await viewer.getByText("Live", { exact: true }).waitFor(LIMIT);
  await expect.poll(() => seenIn(viewer, { x: 0, y: 0, width: 640, height: 360 }), LIMIT).toBeGreaterThan(0);

  await join("Grace");
  const left = { x: 0, y: 90, width: 320, height: 180 };
  const right = { ...left, x: 320 };
  await expect.poll(() => seenIn(viewer, right), LIMIT).toBeGreaterThan(0);
  const latenesses: number[] = [];
  for (let look = 0; look < 5; look += 1) {
    await page.talk(1_000);
    const [sent, seen] = [await counterOf(page.tab), await seenIn(viewer, left)];
    if (seen > 0) latenesses.push(((sent - seen) * 1000) / FRAME_RATE);
  }
  expect(latenesses.length).toBeGreaterThanOrEqual(3);

  // SIGKILL: the live service cannot clean up.
  const before = await seenIn(viewer, left);
  await runOrThrow("docker", ["kill", await containerOf(call.id)]);
  await expect
    .poll(async () => (await seenIn(viewer, left)) - before, LIMIT)
    .toBeGreaterThan((LATEST_MS / 1000) * FRAME_RATE);
  await viewer.screenshot({ path: "test-results/live.png" });
  await page.talk(8_000);
  const playlist = await text(call.live?.playlist ?? "");
  const manifest = await text(call.live?.manifest ?? "");
  expect(playlist).toContain("#EXT-X-MAP");
  expect(playlist).not.toContain("#EXT-X-ENDLIST");
  expect(manifest).toContain('type="dynamic"');
  await page.tab.close();

  const ended = await waitFor("the stream is over", LIMIT_MS, async () => {
    const seen = await getCall(call.id);
    return seen.live?.endedAt && seen.state === "ready" ? seen : undefined;
  });
  const last = await text(call.live?.playlist ?? "");
  expect(last).toContain("#EXT-X-ENDLIST");
  expect(segmentsOf(last).length).toBeLessThanOrEqual(12);
  const offsets = await offsetsOf(ended, last);
  await recordMeasurements({ test: "live", latenesses, offsets });
  expect(Math.max(...latenesses)).toBeLessThan(LATEST_MS);
  for (const offset of offsets) expect(Math.abs(offset)).toBeLessThan(IN_SYNC_MS);
  // The recordings are not affected.
  expect(ended.legs.map(({ state, file }) => [state, file?.streams.length])).toEqual([
    ["ready", 2],
    ["ready", 2],
  ]);
  expect(await jobsOf(call.id)).toMatchObject([{ kind: "live", state: "done", attempts: 2 }]);
  await viewer.getByText("The call is over.").waitFor(LIMIT);
  expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
  await waitFor("the segments are removed", LIMIT_MS, async () => {
    const answer = await request(call.live?.playlist ?? "");
    await answer.arrayBuffer();
    return answer.status === 404;
  });
});

test("a call is streamed to RTMP and SRT servers, reconnects after they restart, and does not leak their secrets", async () => {
  await using rtmp = await StreamReceiver.start("rtmp");
  await using srt = await StreamReceiver.start("srt", PASSPHRASE);
  const page = await openPatternPage(testBrowser.browser, testBrowser.pages);
  const peerId = newPeerId("broadcaster");
  await page.open(SIGNALING, peerId);
  const metadata = { call: newPeerId("show"), live: ["channel", "secure", "distrusted", "studio"] };
  await page.call(RECORDER_PEER_ID, ["audio", "video"], { videoCodec: "VP8", metadata });
  const pushesOf = async () => (await findCallOf(peerId))?.live?.pushes;

  await expect.poll(pushesOf, LIMIT).toMatchObject({
    channel: { state: "pushing" },
    secure: { state: "pushing" },
    studio: { state: "pushing" },
    distrusted: { state: expect.not.stringMatching("pushing"), reason: expect.stringMatching(/certificate/i) },
  });
  const call = (await findCallOf(peerId)) as Call;
  const container = await containerOf(call.id);
  const processes = await runOrThrow("docker", ["top", container, "-o", "pid,args"]);
  expect(processes).toContain(`rtmp://${rtmp.host}/channel`);
  await rtmp.restart();
  const ofChannel = async () => [...(await rtmp.received()).keys()].filter((name) => FIRST_KEY.test(name)).length;
  await expect.poll(ofChannel, LIMIT).toBe(2);
  await expect.poll(pushesOf, LIMIT).toMatchObject({ channel: { state: "pushing" }, secure: { state: "pushing" } });
  await page.talk(4_000);
  const said = await runOrThrow("docker", ["logs", container]);
  await page.tab.close();

  const ended = await waitFor("the stream is over", LIMIT_MS, async () => {
    const seen = await getCall(call.id);
    return seen.live?.endedAt && seen.state === "ready" ? seen : undefined;
  });
  const received = [...(await rtmp.received()), ...(await srt.received())];
  const kept = received.filter(([name]) => !name.startsWith(`${KEY}-d`)).map(([, path]) => path);
  expect(kept).toHaveLength(5); // two each by RTMP, one by SRT
  for (const path of kept) await expectPattern(path);
  const manifest = await composeOrThrow([
    "exec",
    "-T",
    "orchestrator",
    "sh",
    "-c",
    `cat /recordings/calls/*/*/*/${call.id}/call.json`,
  ]);
  const log = await composeOrThrow(["logs", "--no-color", "orchestrator"]);
  const jobs = JSON.stringify(await jobsOf(call.id));
  for (const text of [processes, said, manifest, log, jobs, JSON.stringify(ended)]) {
    for (const secret of [KEY, PASSPHRASE]) expect(text).not.toContain(secret);
  }
});

/** Names of the files that the RTMP server received under the first key, excluding keys with the same prefix. */
const FIRST_KEY = new RegExp(`^${KEY}-\\d+\\.flv$`);

/** The file plays with picture and sound, contains the pattern, and is in step after the first sender report. */
async function expectPattern(received: string): Promise<void> {
  const path = `${received}.mkv`;
  await runOrThrow("ffmpeg", ["-v", "error", "-i", received, "-c", "copy", path]); // MPEG-TS does not start at zero
  const probe = ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path];
  const codecs = (await runOrThrow("ffprobe", probe)).split("\n").filter(Boolean);
  expect([...new Set(codecs)].sort(), path).toEqual(["aac", "h264"]);
  const frames = await decodeFrames(path);
  const readable = frames.filter(({ counter }) => counter !== undefined).length;
  expect(readable / frames.length, path).toBeGreaterThan(0.5);
  const last = (frames.at(-1)?.seconds ?? 0) - (frames[0]?.seconds ?? 0);
  if (last < SENDER_REPORTED_SECONDS) return;
  const pairs = findPairs(flashesIn(frames), findBeeps(await decodeSound(path)));
  expect(pairs.length, path).toBeGreaterThanOrEqual(2);
  expect(Math.abs(median(pairs.slice(-LAST_PAIRS).map(({ offsetMs }) => offsetMs))), path).toBeLessThan(IN_SYNC_MS);
}

interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The frame number of the pattern in a part of the viewer's picture; 0 if it cannot be read. */
async function seenIn(viewer: Page, part: Part): Promise<number> {
  const video = viewer.locator("video");
  if ((await video.count()) === 0) return 0;
  const gray = await video.evaluate(
    (source: HTMLVideoElement, { part: { x, y, width, height }, to }) => {
      if (source.videoWidth === 0) return "";
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = to as [number, number];
      const context = canvas.getContext("2d");
      context?.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
      const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
      // Green is a good approximation of brightness.
      return String.fromCharCode(...pixels.subarray(0, 4 * canvas.width * 40).filter((_, at) => at % 4 === 1));
    },
    { part, to: [WIDTH, HEIGHT] },
  );
  return readFrame(Buffer.concat([Buffer.from(gray, "latin1"), Buffer.alloc(WIDTH * HEIGHT)])).counter ?? 0;
}

/** The frame number of the pattern that is being sent. */
async function counterOf(tab: Tab): Promise<number> {
  const script = `(() => {
    const pixels = document.querySelector("canvas").getContext("2d").getImageData(0, 0, ${WIDTH}, 40).data;
    return String.fromCharCode(...pixels.filter((_, at) => at % 4 === 1));
  })()`;
  const gray = String(await tab.evaluate(script));
  return readFrame(Buffer.concat([Buffer.from(gray, "latin1"), Buffer.alloc(WIDTH * HEIGHT)])).counter ?? 0;
}

async function containerOf(callId: string): Promise<string> {
  const labels = ["role=job", `call-id=${callId}`, `project=${PROJECT}`];
  const filters = labels.flatMap((label) => ["--filter", `label=io.skyway-call-recorder.${label}`]);
  const { stdout } = await run("docker", ["ps", "--quiet", ...filters]);
  return stdout.trim();
}

async function text(path: string): Promise<string> {
  const answer = await request(path);
  expect(answer.status, path).toBe(200);
  return answer.text();
}

const segmentsOf = (playlist: string) => playlist.split("\n").filter((line) => /^segment\d+\.m4s$/.test(line));

/** One entry for each flash, its first frame: a flash is long enough that a stream with half the frame rate shows it. */
function flashesIn(frames: readonly TimedFrame[]): TimedFrame[] {
  let former = -1;
  return frames.flatMap(({ counter, flash, seconds }) => {
    if (counter === undefined || !flash) return [];
    const since = counter % FLASH_EVERY_FRAMES;
    if (counter - since === former) return [];
    former = counter - since;
    return [{ counter: former, flash, seconds: seconds - since / FRAME_RATE }];
  });
}

/** Offset of sound and picture in each half, in the last segments of the playlist (from its last encoder). */
async function offsetsOf({ id }: Call, playlist: string): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), "live-"));
  try {
    const path = join(folder, "end.mp4");
    const [latest = ""] = playlist.split("#EXT-X-DISCONTINUITY").slice(-1);
    for (const name of ["init.mp4", ...segmentsOf(latest)]) {
      const answer = await request(`/api/calls/${id}/live/${name}`);
      expect(answer.status, name).toBe(200);
      await appendFile(path, Buffer.from(await answer.arrayBuffer()));
    }
    const probed = await runOrThrow("ffprobe", [
      "-v",
      "error",
      "-show_entries",
      "stream=codec_name",
      "-of",
      "csv=p=0",
      path,
    ]);
    expect(probed.split("\n").filter(Boolean)).toEqual(["h264", "aac"]);
    const beeps = findBeeps(await decodeSound(path));
    return await Promise.all(
      HALVES.map(async (half) => {
        const frames = await decodeFrames(path, half);
        const pairs = findPairs(flashesIn(frames), beeps);
        expect(pairs.length, half).toBeGreaterThanOrEqual(2);
        return median(pairs.map(({ offsetMs }) => offsetMs));
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
