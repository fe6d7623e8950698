import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage } from "../browsers/consolePage.ts";
import { type Call, fileUrl, findCallOf, getCall } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { configure } from "../bundle/configuration.ts";
import { download } from "../bundle/download.ts";
import { jobsOf } from "../bundle/jobs.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { ORIGIN, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { findBeeps } from "../fidelity/beeps.ts";
import { decodeFrames, decodeSound, type TimedFrame } from "../fidelity/decode.ts";
import { findPairs } from "../fidelity/pairs.ts";
import { openPatternPage, type PatternPage } from "../fidelity/patternPage.ts";
import { median, quantile } from "../fidelity/statistics.ts";
import { recordingCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const FILM = `
film:
  enabled: true
  graceSeconds: 1
  audio: split
`;
/** The second participant starts this much later. */
const LATER_MS = 2_000;
const TOGETHER_MS = 8_000;
const LIMIT_MS = 120_000;
const IN_SYNC_MS = 40;
/** Two browsers begin their sound with different delays on a busy host. Another beep is half a second away. */
const BROWSERS_APART_MS = 400;
const FRAME_MS = 1000 / 30;
/** A tile whose picture is older than this number of frames shows that its browser sent none, not when the film shows it. */
const FRESH_FRAMES = 2;
const [WIDTH, HEIGHT] = [640, 360];

const LIMIT = { timeout: LIMIT_MS };

let testBrowser: TestBrowser;
let browser: Browser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(async () => {
  await browser?.close();
  await testBrowser?.[Symbol.asyncDispose]();
});

test("a call with two participants becomes a film with both in step, although the orchestrator is killed in the middle", async () => {
  await using _ = await configure(FILM);
  const callId = await callTogether();
  const job = await waitFor(
    "the film is being made",
    LIMIT_MS,
    async () => (await jobsOf(callId)).find(({ kind, state }) => kind === "film" && state === "running"),
    () => callId,
  );
  // SIGKILL: the orchestrator cannot clean up.
  await composeOrThrow(["kill", "orchestrator"]);
  await composeOrThrow(["start", "orchestrator"]);
  const call = await filmOf(callId);
  // The film is in the manifest a moment before its job is done.
  const jobs = await waitFor("the job is over", LIMIT_MS, async () => {
    const seen = await jobsOf(callId);
    return seen.every(({ state }) => state !== "running") && seen;
  });
  expect(jobs).toMatchObject([{ id: job.id, state: "done", progress: 100, attempts: 1 }]);

  const { file } = call.film;
  expect(file.name).toBe("film.webm");
  await using film = await download(`${ORIGIN}/api/calls/${callId}/files/${file.name}`);
  const { decodeErrors } = await inspect(film.path);
  expect(decodeErrors).toBe("");
  const [left, right] = await Promise.all([
    decodeFrames(film.path, `${WIDTH}:${HEIGHT}:0:0`),
    decodeFrames(film.path, `${WIDTH}:${HEIGHT}:${WIDTH}:0`),
  ]);
  const [leftBeeps, rightBeeps] = [await beepsOf(film.path, 0), await beepsOf(film.path, 1)];
  const pictures = apart(left, right);
  const sounds = rightBeeps.map((at) => 1000 * Math.min(...leftBeeps.map((other) => Math.abs(other - at))));
  const offsets = await offsetsAgainstLegs(call, [left, right], [leftBeeps, rightBeeps]);
  await recordMeasurements({ test: "film", pictures: summary(pictures), sounds: summary(sounds), offsets });

  // Both send the same pattern at the same time, so they are in step if they show and play the same.
  expect(pictures.length).toBeGreaterThan((TOGETHER_MS / FRAME_MS) * 0.3);
  // On a busy host a browser drops frames, and its two encoders drop different ones.
  const apartMs = pictures.map(Math.abs).sort((one, other) => one - other);
  expect(quantile(apartMs, 0.95)).toBeLessThanOrEqual(2 * FRAME_MS);
  expect(Math.abs(median(pictures))).toBeLessThan(IN_SYNC_MS);
  expect(sounds.length).toBeGreaterThanOrEqual(TOGETHER_MS / 1000 - 2);
  expect(median(sounds)).toBeLessThan(BROWSERS_APART_MS);
  // What counts: in the film, each participant is as much in sync as in the own recording.
  for (const offset of offsets) expect(Math.abs(offset)).toBeLessThan(IN_SYNC_MS);
  // Before anybody joined: a dark tile and silence.
  const early = right.filter(({ seconds }) => seconds < LATER_MS / 1000 - 1);
  expect(early.every(({ counter }) => counter === undefined)).toBe(true);
  expect(Math.min(...rightBeeps)).toBeGreaterThan(LATER_MS / 1000 - 1);
});

test("the console shows a film's progress, cancels it, and shows previews of the film and the recordings", {
  timeout: 2 * LIMIT_MS,
}, async () => {
  // Large, so that its progress can be seen. No film is started while a call is being recorded.
  const large = "  tileWidth: 800\n  tileHeight: 450\n  frameRate: 60\n";
  await using _ = await configure(`${FILM}${large}previews: { enabled: true }\njobs: { whileRecordingAtMost: 0 }\n`);
  const { page: bystander, peerId } = await testBrowser.caller();
  await bystander.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await recordingCallOf(peerId, LIMIT_MS);
  const callId = await callTwice();
  await using opened = await openConsolePage(browser, `/calls/${callId}`);
  const { page, complaints } = opened;
  const film = page.getByRole("region", { name: "Film" });
  const press = (name: string) => film.getByRole("button", { name }).click(LIMIT);
  await film.getByText("The film is queued").waitFor(LIMIT);
  await press("Cancel");
  await film.getByText("The film was cancelled").waitFor(LIMIT);
  await press("Make film");
  await film.getByText("The film is queued").waitFor(LIMIT);
  expect((await jobsOf(callId)).map(({ state }) => state)).not.toContain("running");
  await bystander.hangUp("close(true)");
  await film.getByText(/The film is being made: [1-9]\d? %/).waitFor(LIMIT);
  const { film: composed, legs } = await filmOf(callId);
  const names = [composed.file.name, ...legs.map(({ file }) => file?.name ?? "")];
  const call = await waitFor("all previews are available", LIMIT_MS, async () => {
    const seen = await getCall(callId);
    return names.every((name) => seen.previews?.[name]) && seen;
  });
  for (const name of names) {
    expect(Object.keys(call.previews?.[name] ?? {}).sort()).toEqual(["poster", "thumbnails", "waveform"]);
  }

  const poster = film.locator("video[poster]");
  await poster.waitFor({ timeout: LIMIT_MS });
  expect(await film.locator("video").evaluate((video: HTMLVideoElement) => video.videoWidth)).toBe(1600);
  await expect.poll(() => page.locator(".preview").count(), LIMIT).toBe(names.length);
  const widths = () =>
    page.locator("img.waveform").evaluateAll((all: HTMLImageElement[]) => all.map((one) => one.naturalWidth));
  await expect.poll(widths, LIMIT).toEqual(names.map(() => 1000));
  const thumbnail = film.getByRole("button", { name: /^Go to 0:\d\d of the film$/ }).nth(4);
  const second = Number((await thumbnail.getAttribute("aria-label"))?.slice("Go to 0:".length, -" of the film".length));
  expect(second).toBeGreaterThan(2);
  await thumbnail.click();
  const at = () => film.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(at, LIMIT).toBe(second);
  expect(complaints).toEqual([]);
});

/**
 * Two browsers that call the recorder, sending the same pattern at the same time. They do not call each other: a busy host
 * would drop frames. The test of the demo page does.
 */
async function callTogether(): Promise<string> {
  await using other = await openTestBrowser("chromium");
  const startMs = Date.now();
  const key = newPeerId("conversation");
  const testBrowsers = [testBrowser, other] as const;
  const pages = await Promise.all(testBrowsers.map(({ browser, pages }) => openPatternPage(browser, pages, startMs)));
  const [ada, grace] = pages as [PatternPage, PatternPage];
  const [adaId, graceId] = [newPeerId("ada"), newPeerId("grace")];
  await Promise.all([ada.open(SIGNALING, adaId), grace.open(SIGNALING, graceId)]);
  const toRecorder = (page: PatternPage, name: string) =>
    page.call(RECORDER_PEER_ID, ["audio", "video"], { videoCodec: "VP8", metadata: { call: key, name } });
  await toRecorder(ada, "Ada");
  await ada.talk(LATER_MS);
  await toRecorder(grace, "Grace 日本");
  await grace.talk(TOGETHER_MS - LATER_MS);
  await Promise.all([ada.tab.close(), grace.tab.close()]);
  return callOver(adaId);
}

/** One page that calls twice with the same pattern, as two participants of one call. */
async function callTwice(): Promise<string> {
  const page = await openPatternPage(testBrowser.browser, testBrowser.pages);
  const peerId = newPeerId("party");
  const key = newPeerId("conversation");
  await page.open(SIGNALING, peerId);
  for (const name of ["Ada", "Grace 日本"]) {
    const metadata = { call: key, name };
    await page.call(RECORDER_PEER_ID, ["audio", "video"], { videoCodec: "VP8", metadata });
    await page.talk(LATER_MS);
  }
  await page.talk(TOGETHER_MS - LATER_MS);
  await page.tab.close();
  return callOver(peerId);
}

function callOver(peerId: string): Promise<string> {
  return waitFor("the call is over", LIMIT_MS, async () => {
    const call = await findCallOf(peerId);
    return call?.state === "ready" && call.legs.length === 2 && call.id;
  });
}

async function filmOf(callId: string): Promise<Call & { film: NonNullable<Call["film"]> }> {
  let seen: unknown;
  return waitFor(
    "the film is available",
    LIMIT_MS,
    async () => {
      const call = await getCall(callId).catch(() => undefined);
      seen = await jobsOf(callId).catch(() => undefined);
      return call?.film && { ...call, film: call.film };
    },
    () => seen,
  );
}

/** Delay of the right half after the left one, in milliseconds, per frame at which both halves have a fresh picture. */
function apart(left: readonly TimedFrame[], right: readonly TimedFrame[]): number[] {
  return left.flatMap(({ counter }, index) => {
    const other = right[index]?.counter;
    if (counter === undefined || other === undefined) return [];
    return isFresh(left, index) && isFresh(right, index) ? [(counter - other) * FRAME_MS] : [];
  });
}

function isFresh(frames: readonly TimedFrame[], index: number): boolean {
  return frames[index]?.counter !== frames[index - FRESH_FRAMES]?.counter;
}

async function beepsOf(path: string, channel: number): Promise<number[]> {
  return findBeeps(await decodeSound(path, channel));
}

/** Offset of sound and picture in each half of the film, minus the offset in that leg's own recording. */
async function offsetsAgainstLegs(call: Call, halves: TimedFrame[][], beeps: number[][]): Promise<number[]> {
  const legs = [...call.legs].sort((one, other) => ((one.startedAt ?? "") < (other.startedAt ?? "") ? -1 : 1));
  return Promise.all(
    legs.map(async (leg, index) => {
      await using file = await download(fileUrl(call, leg));
      const own = findPairs(await decodeFrames(file.path), findBeeps(await decodeSound(file.path)));
      const composed = findPairs(firstOfEach(halves[index] ?? []), beeps[index] ?? []);
      const middle = (pairs: typeof own) => median(pairs.map(({ offsetMs }) => offsetMs));
      return middle(composed) - middle(own);
    }),
  );
}

/** The film repeats frames to keep a constant frame rate. */
function firstOfEach(frames: readonly TimedFrame[]): TimedFrame[] {
  return frames.filter(({ counter }, index) => counter !== frames[index - 1]?.counter);
}

const summary = (values: readonly number[]) => ({
  count: values.length,
  median: median([...values]),
  most: Math.max(...values.map(Math.abs)),
});
