import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "../browsers/browser.ts";
import { openCallerPage } from "../browsers/callerPage.ts";
import { fileUrl, findCallOf, findCallsOf } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { frameTimes, inspect } from "../bundle/recordingFile.ts";
import { RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { type Network, RoamingHost, SERVERS } from "../network/roamingHost.ts";
import { servePages } from "../pages/pageServer.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { ON_SECOND_ADDRESS, publishForRoamingHosts } from "./publishing.ts";
import { newPeerId } from "./testBrowser.ts";

const SERVER = SERVERS[4];

const BEFORE_MS = 5_000;
/** Longer than the 30 s after which ICE consent expires. */
const CALL_MS = 45_000;
/** Time without a network, as between Wi-Fi and mobile. */
const BETWEEN_MS = 2_000;
/** A page detects a dead socket within 9 s and reconnects within 1.5 s; the rest is ICE. */
const LOST_S = 15;
/** Chromium's fake camera sends 20. */
const FRAMES_PER_S = 15;
/** Longer than the pauses of an undisturbed call on a busy host. */
const GAP_S = 0.5;

let published: AsyncDisposable;
beforeAll(async () => {
  published = await publishForRoamingHosts(4, ON_SECOND_ADDRESS);
});
afterAll(() => published?.[Symbol.asyncDispose]());

type Move = (host: RoamingHost, from: Network, to: Network) => Promise<void>;
test.each<[string, Network[], Move]>([
  ["has two networks and loses the one in use", ["wifi", "mobile"], (host, from) => host.down(from)],
  [
    "leaves its network just after joining another",
    ["wifi"],
    async (host, from, to) => {
      await host.up(to);
      await host.down(from);
    },
  ],
  [
    "has no network for a moment between two networks",
    ["wifi"],
    async (host, from, to) => {
      await host.down(from);
      await delay(BETWEEN_MS);
      await host.up(to);
    },
  ],
])("a browser that %s during a call continues in the same file", async (_, networks, move) => {
  await using host = await RoamingHost.open(networks);
  await using testBrowser = await openBrowser(host);
  const page = await openCallerPage(testBrowser.browser, testBrowser.pages);
  await page.capture();
  const peerId = await page.open({ ...SIGNALING, host: SERVER }, newPeerId("roaming"));
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(BEFORE_MS);
  const before = await bytesOf(host);
  const [from, to] = before.wifi > before.mobile ? (["wifi", "mobile"] as const) : (["mobile", "wifi"] as const);
  const movedAtS = (await page.upFor()) / 1000;
  await move(host, from, to);
  await page.talk(CALL_MS);
  const after = await bytesOf(host);
  expect((await findCallOf(peerId))?.legs[0]?.state).toBe("recording");
  expect(await page.errors()).toEqual([]);
  // Signalling uses the new network too; by now the page has detected its dead socket.
  expect(await page.isConnectedToSignaling()).toBe(true);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");

  const { call, leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);

  await using file = await download(fileUrl(call, leg));
  const [seen, frames, sounds] = await Promise.all([
    inspect(file.path),
    frameTimes(file.path, "video"),
    frameTimes(file.path, "audio"),
  ]);
  const gaps = { video: gapsIn(frames), audio: gapsIn(sounds) };
  const hint = JSON.stringify({ leg, seen, sent, movedAtS, gaps, from, before, after }, null, 2);
  await recordMeasurements({ test: expect.getState().currentTestName, movedAtS, gaps, frames: `${frames.length}` });

  // The browser really moved: it sent on one network and then on the other.
  expect(before[from], hint).toBeGreaterThan(10 * before[to]);
  expect(after[to] - before[to], hint).toBeGreaterThan(10 * (after[from] - before[from]));
  // Signalling and DTLS both report the end, in random order.
  expect(["force_close", "dtls_closed"], hint).toContain(leg.reason);

  expect(await findCallsOf(peerId)).toHaveLength(1);
  expect(call.legs, hint).toHaveLength(1);
  expect(leg.error, hint).toBeUndefined();
  expect(leg.files, hint).toBeUndefined();
  expect(seen.decodeErrors, hint).toBe("");
  expect(Math.abs(seen.durationSeconds - CALL_MS / 1000), hint).toBeLessThan(1);
  for (const found of [gaps.video, gaps.audio]) {
    expect(
      found.reduce((sum, { seconds }) => sum + seconds, 0),
      hint,
    ).toBeLessThan(LOST_S);
    for (const { at } of found) expect(Math.abs(at - movedAtS - LOST_S / 2), hint).toBeLessThan(LOST_S / 2 + 1);
  }
  const [start, end] = [movedAtS - 1, movedAtS + LOST_S];
  expect(frames.filter((at) => at < start).length / start, hint).toBeGreaterThan(FRAMES_PER_S);
  expect(frames.filter((at) => at > end).length / (CALL_MS / 1000 - end), hint).toBeGreaterThan(FRAMES_PER_S);
  await page.tab.close();
  await expectNothingLeft();
});

async function openBrowser(host: RoamingHost): Promise<{ browser: Browser; pages: string } & AsyncDisposable> {
  const pages = await servePages(SERVER);
  const browser = await host.launchChromium(pages.origin);
  return {
    browser,
    pages: pages.origin,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await pages.close();
    },
  };
}

async function bytesOf(host: RoamingHost): Promise<Record<Network, number>> {
  return { wifi: await host.sent("wifi"), mobile: await host.sent("mobile") };
}

/** Unusually long spans without picture or sound, in seconds of the file. */
function gapsIn(times: readonly number[]): { at: number; seconds: number }[] {
  const gaps = times.slice(1).map((time, index) => ({ at: times[index] ?? 0, seconds: time - (times[index] ?? 0) }));
  return gaps.filter(({ seconds }) => seconds > GAP_S);
}
