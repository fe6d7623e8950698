import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openPublisherPage, type Published, type PublisherPage, type Sent } from "../browsers/publisherPage.ts";
import { fileUrl, findCallsOf, request } from "../bundle/api.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { download } from "../bundle/download.ts";
import { type JanusBundle, ROOM, withJanus } from "../bundle/janus.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { readSignal } from "../bundle/recordingSignal.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import { soundAfterPicture } from "../bundle/signalEvents.ts";
import { waitFor } from "../bundle/waitFor.ts";
import {
  expectNothingLeft,
  PATIENCE_MS,
  type Ready,
  readyCallOf,
  recorderIsRegistered,
  recordingCallOf,
  untilAllHealthy,
} from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

/** Publishers of a VideoRoom are recorded, with Janus instead of this project's gateway. */

const START_LIMIT_MS = 300_000;
const CALL_MS = 2_500;
const KEPT = 0.98;
/** Both tracks start with their first packet: rounding to frames, with a margin for a busy host. */
const IN_STEP_SECONDS = 0.1;

let janus: JanusBundle;
let testBrowser: TestBrowser;
beforeAll(async () => {
  janus = await withJanus();
  testBrowser = await openTestBrowser("chromium");
}, START_LIMIT_MS);
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await janus?.[Symbol.asyncDispose]();
  await recorderIsRegistered();
  await untilAllHealthy();
}, START_LIMIT_MS);
afterEach(expectNothingLeft);

test("the publishers of a room are in one call, and in a new call after the room was empty", async () => {
  const [ada, bob] = [await recorded("Ada"), await recorded("Bob")];
  await bob.page.talk(CALL_MS);
  const ends = await Promise.all([ended(ada, "leave"), ended(bob, "unpublish")]);

  expect(ends.map(({ call }) => call.id)).toEqual([ada.callId, ada.callId]);
  expect(ends.map(({ leg }) => leg.metadata)).toMatchObject([{ name: "Ada" }, { name: "Bob" }]);
  expect(ends.map(({ leg }) => leg.reason)).toEqual(["left", "unpublished"]);
  for (const end of ends) await expectWhole(end);

  await bob.page.publish();
  const again = await waitFor("another leg", PATIENCE_MS, async () => {
    const calls = await findCallsOf(bob.page.peerId);
    return calls.find(({ id, legs }) => id !== ada.callId && legs[0]?.state === "recording");
  });
  const sent = await bob.page.sent();
  await bob.page.talk(1_000);
  const { call } = await ended({ ...bob, callId: again.id, before: sent }, "leave");
  expect(call.id).toBe(again.id);
  for (const { page } of [ada, bob]) await page.tab.close();
});

test("closing a tab ends its leg and the call continues for the others; a page cannot start RTP forwarding", async () => {
  const [ada, bob] = [await recorded("Ada"), await recorded("Bob")];
  const forwarding = { request: "rtp_forward", room: ROOM, publisher_id: Number(ada.page.peerId) };
  const elsewhere = { ...forwarding, host: "127.0.0.1", audio_port: 9, admin_key: "guessed", secret: "guessed" };
  await expect(bob.page.tell(elsewhere)).rejects.toThrow(/Unauthorized/);
  await ada.page.talk(CALL_MS);
  const left = await ended(ada, "close the tab");
  await bob.page.talk(1_000);
  const stayed = await ended(bob, "leave");

  expect(["left", "unpublished"]).toContain(left.leg.reason);
  expect(stayed.call.id).toBe(left.call.id);
  await expectWhole(left);
  await expectWhole(stayed);
  await bob.page.tab.close();
});

test("an orchestrator that is killed during a call finds its forwarders again, and the recording continues", async () => {
  const ada = await recorded("Ada");
  await ada.page.talk(1_000);
  await janus.run(["kill", "orchestrator"]);
  await ada.page.talk(1_000);
  // As Docker does automatically.
  await runOrThrow("docker", ["start", `${PROJECT}-orchestrator-1`]);
  await waitFor("the orchestrator is back", PATIENCE_MS, isHealthy);
  await recordingCallOf(ada.page.peerId, PATIENCE_MS);
  const bob = await recorded("Bob");
  await ada.page.talk(1_000);
  const [kept, late] = await Promise.all([ended(ada, "leave"), ended(bob, "leave")]);

  expect(kept.call.legs).toHaveLength(2);
  expect(late.call.id).toBe(kept.call.id);
  await expectWhole(kept);
  for (const { page } of [ada, bob]) await page.tab.close();
});

test("a publisher whose recorder is lost continues in another leg of the same call", async () => {
  const ada = await recorded("Ada");
  await ada.page.talk(1_000);
  for (const { ID } of await recorderContainers()) await runOrThrow("docker", ["kill", ID]);
  const { legs } = await waitFor("another leg", PATIENCE_MS, async () => {
    const [call] = await findCallsOf(ada.page.peerId);
    return call?.legs.length === 2 && call.legs[1]?.state === "recording" ? call : undefined;
  });
  const before = await ada.page.sent();
  await ada.page.talk(1_000);
  const sent = await ada.page.sent();
  const endedAt = Date.now();
  await ada.page.leave();
  const [lost, next] = await waitFor("both are ready", PATIENCE_MS, async () => {
    const [call] = await findCallsOf(ada.page.peerId);
    return call?.legs.every(({ state }) => state === "ready") ? call.legs.map((leg) => ({ call, leg })) : undefined;
  });

  expect(lost?.leg).toMatchObject({ id: legs[0]?.id, reason: "recorder_lost", error: { code: "RECORDER_LOST" } });
  if (next) await expectWhole({ ...next, before, sent, readyAfterMs: Date.now() - endedAt });
  await ada.page.tab.close();
});

test("a camera that is switched on later is recorded in a new leg; if Janus is killed, its recordings become ready", async () => {
  const ada = await recorded("Ada", { video: false });
  await ada.page.talk(1_000);
  await ada.page.addCamera();
  const { legs } = await waitFor("a leg with video", PATIENCE_MS, async () => {
    const [call] = await findCallsOf(ada.page.peerId);
    return call?.legs.length === 2 && call.legs[1]?.state === "recording" ? call : undefined;
  });
  await ada.page.talk(2_000);
  await janus.run(["restart", "--timeout", "1", "skyway-webrtc-gateway"]);
  const over = await waitFor("both are ready", PATIENCE_MS, async () => {
    const [call] = await findCallsOf(ada.page.peerId);
    return call?.legs.every(({ state }) => state === "ready") ? call : undefined;
  });

  expect(over.legs.map(({ id }) => id)).toEqual(legs.map(({ id }) => id));
  expect(over.legs.map(({ reason }) => reason)).toEqual(["renegotiated", "gateway_lost"]);
  const kinds = over.legs.map(({ file }) => file?.streams.map(({ kind }) => kind).sort());
  expect(kinds).toEqual([["audio"], ["audio", "video"]]);
  await waitFor("the room is watched again", PATIENCE_MS, isHealthy);
  const bob = await recorded("Bob", { videocodec: "h264" });
  await bob.page.talk(CALL_MS);
  await expectWhole(await ended(bob, "leave"), "h264");
  for (const { page } of [ada, bob]) await page.tab.close();
});

const isHealthy = async () => (await request("/api/health")).ok;

interface Recorded {
  page: PublisherPage;
  callId: string;
  /** Media sent before the API reported the recording. */
  before: Sent;
}

/** A page that publishes and is being recorded. */
async function recorded(display: string, media?: Published): Promise<Recorded> {
  const page = await openPublisherPage(testBrowser.browser, testBrowser.pages, ROOM, display);
  await page.publish(media);
  const { id } = await recordingCallOf(page.peerId, PATIENCE_MS);
  return { page, callId: id, before: await page.sent() };
}

interface Ended extends Ready {
  before: Sent;
  sent: Sent;
}

async function ended({ page, before }: Recorded, how: "leave" | "unpublish" | "close the tab"): Promise<Ended> {
  const sent = await page.sent();
  const endedAt = Date.now();
  await (how === "close the tab" ? page.tab.close() : page[how]());
  return { before, sent, ...(await readyCallOf(page.peerId, endedAt)) };
}

/** Everything sent since the API reported the recording, starting with a keyframe, and nothing twice. */
async function expectWhole({ call, leg, before, sent, readyAfterMs }: Ended, codec = "vp8"): Promise<void> {
  await using file = await download(fileUrl(call, leg));
  const [seen, signal] = await Promise.all([inspect(file.path), readSignal(file.path)]);
  const offsets = soundAfterPicture(signal);
  const packets = (kind: string) => seen.streams.find((stream) => stream.kind === kind)?.packets ?? 0;
  const least = { frames: sent.frames - before.frames, audioPackets: sent.audioPackets - before.audioPackets };
  const got = { frames: packets("video"), audioPackets: packets("audio") };
  await recordMeasurements({ test: expect.getState().currentTestName, readyAfterMs, least, got, sent, offsets });
  const hint = JSON.stringify({ leg, least, got, sent, seen, offsets }, null, 2);

  expect(seen.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort(), hint).toEqual([
    "audio opus",
    `video ${codec}`,
  ]);
  expect(leg.placedBy, hint).toBe("first_packet");
  expect(seen.decodeErrors, hint).toBe("");
  expect(seen.firstFrame?.keyframe, hint).toBe(true);
  expect(got.frames, hint).toBeGreaterThanOrEqual(least.frames * KEPT);
  expect(got.audioPackets, hint).toBeGreaterThanOrEqual(least.audioPackets * KEPT);
  expect(got.frames, hint).toBeLessThanOrEqual(sent.frames + 10);
  expect(got.audioPackets, hint).toBeLessThanOrEqual(sent.audioPackets + 15);
  // One flash per second; half of one may be cut off at either end.
  if (seen.durationSeconds > 2.5)
    expect(Math.min(...offsets.map(({ by }) => Math.abs(by))), hint).toBeLessThan(IN_STEP_SECONDS);
}
