import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, fileUrl, getCall, type Leg } from "../bundle/api.ts";
import { configure } from "../bundle/configuration.ts";
import { download } from "../bundle/download.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { readSignal, type Signal } from "../bundle/recordingSignal.ts";
import { API_KEY, HTTP_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { beeps, flashes, stills } from "../bundle/signalEvents.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { BOTH, expectInStep, expectPlayable, IN_STEP_SECONDS, makeCall, WITHIN_SECONDS } from "./recordedCall.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const SCREEN = { width: 640, height: 400 };

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

interface Beside extends Signal {
  leg: Leg;
  kinds: string[];
}

/** The leg with the further tracks of a leg's caller. */
async function besideOf({ id: callId }: Call, { id }: Leg): Promise<Beside> {
  let seen: Call | undefined;
  const leg = await waitFor(
    `the tracks beside ${id} are ready`,
    PATIENCE_MS,
    async () => {
      seen = await getCall(callId);
      return seen.legs.find(({ beside, state }) => beside === id && state === "ready");
    },
    () => seen,
  );
  expect(seen?.legs.filter(({ beside }) => beside)).toHaveLength(1);
  expect(leg.error).toBeUndefined();
  await using file = await download(fileUrl({ id: callId } as Call, leg));
  const { streams, decodeErrors } = await inspect(file.path);
  expect(decodeErrors).toBe("");
  return { ...(await readSignal(file.path)), leg, kinds: streams.map(({ kind, codec }) => `${kind} ${codec}`).sort() };
}

const startMs = ({ startedAt }: Leg) => Date.parse(startedAt ?? "");

/** The same flashes, or beeps, are at the same moments of the common clock. */
function expectTogether(one: { leg: Leg; at: number[] }, other: { leg: Leg; at: number[] }): void {
  const moments = ({ leg, at }: { leg: Leg; at: number[] }) => at.map((seconds) => startMs(leg) + seconds * 1000);
  const [firsts, seconds] = [moments(one), moments(other)];
  const offsets = seconds.map((moment) => Math.min(...firsts.map((first) => Math.abs(first - moment))));
  const hint = JSON.stringify({ firsts, seconds, offsets });
  expect(seconds.length, hint).toBeGreaterThanOrEqual(3);
  // A busy host draws some frames late.
  expect(Math.min(...offsets), hint).toBeLessThan(IN_STEP_SECONDS * 1000);
}

describe("a page that", () => {
  test("adds a second video in mid-call has both recorded, each in a file of its own, in step", async () => {
    let added = 0;
    const seen = await makeCall(testBrowser, BOTH, {}, 0, async (page) => {
      await page.talk(3_000);
      added = await page.act("video", "add", SCREEN);
      await page.talk((await page.upFor()) + 5_000);
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expect(stills(seen)).toEqual([]);
    expectInStep(seen);
    expect(seen.leg.notes ?? []).toEqual([]);
    const beside = await besideOf(seen.call, seen.leg);
    expect(beside.kinds).toEqual(["video vp8"]);
    expect(new Set(beside.frames.map(({ width, height }) => `${width}x${height}`))).toEqual(new Set(["640x400"]));
    expect(stills(beside)).toEqual([]);
    const began = (startMs(beside.leg) - startMs(seen.leg)) / 1000;
    expect(Math.abs(began - added), JSON.stringify({ began, added })).toBeLessThan(1);
    expect(began + (beside.leg.file?.durationSeconds ?? 0) - seen.callSeconds).toBeGreaterThan(-2 * WITHIN_SECONDS);
    expectTogether({ leg: seen.leg, at: flashes(seen) }, { leg: beside.leg, at: flashes(beside) });
  });

  test("adds a second sound in mid-call has both recorded", async () => {
    const seen = await makeCall(testBrowser, BOTH, {}, 0, async (page) => {
      await page.talk(3_000);
      await page.act("audio", "add");
      await page.talk((await page.upFor()) + 5_000);
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    const beside = await besideOf(seen.call, seen.leg);
    expect(beside.kinds).toEqual(["audio opus"]);
    expectTogether({ leg: seen.leg, at: beeps(seen) }, { leg: beside.leg, at: beeps(beside) });
  });

  test("sends camera and screen in one PeerJS stream has both recorded", async () => {
    const tab = await testBrowser.browser.open(`${testBrowser.pages}/peerjs.html`);
    const run = (method: string, ...args: unknown[]) =>
      tab.evaluate(`window.caller.${method}(...${JSON.stringify(args)})`);
    const peerId = newPeerId("peerjs");
    await run("open", peerId, { host: "127.0.0.1", port: HTTP_PORT, path: "/peerjs", key: API_KEY });
    await run("share", BOTH, SCREEN);
    await run("call", RECORDER_PEER_ID);
    await run("talk", 6_000);
    const endedAt = Date.now();
    await run("close");
    const { call, leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);
    const beside = await besideOf(call, leg);
    expect(leg.file?.streams.map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
    expect(beside.kinds).toEqual(["video vp8"]);
    expect(new Set(beside.frames.map(({ width }) => width))).toEqual(new Set([SCREEN.width]));
    expect(Math.abs(startMs(beside.leg) - startMs(leg))).toBeLessThan(1_000);
    await tab.close();
  });
});

test("beyond maxTracksPerLeg, a track is not recorded, and a note says so", async () => {
  await using _ = await configure("maxTracksPerLeg: 2\n");
  const seen = await makeCall(testBrowser, BOTH, {}, 6, async (page) => {
    await page.talk(2_000);
    await page.act("video", "add", SCREEN);
  });
  expectPlayable(seen, ["audio opus", "video vp8"]);
  expect(seen.leg.notes).toMatchObject([{ code: "NOT_RECORDED_TRACK", kind: "video" }]);
  expect((await getCall(seen.call.id)).legs).toHaveLength(1);
});
