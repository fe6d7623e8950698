import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserName } from "../browsers/browser.ts";
import { launch } from "../browsers/launch.ts";
import { fileUrl, findCallOf, type Leg, stopCall } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { hostAddress } from "../bundle/hostAddress.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { frameWidths, inspect } from "../bundle/recordingFile.ts";
import { API_KEY, MEDIA_PORT, ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { openRelay, type Relay } from "../fidelity/relay.ts";
import { type PageServer, servePages } from "../pages/pageServer.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId } from "./testBrowser.ts";

const CALL_MS = 4_000;
const FRAMES_KEPT = 0.98;
const SEED = 7;
/** Media between the loss of a network and the ICE restart, and up to the next keyframe, may be missing. */
const FRAMES_KEPT_IN_MOVE = 0.8;

let pages: PageServer;
const browsers: Browser[] = [];
beforeAll(async () => {
  pages = await servePages();
});
afterAll(async () => {
  for (const browser of browsers) await browser.close();
  await pages?.close();
});

test("a WHIP client is recorded, and the metadata in its URL is stored", async () => {
  const metadata = { call: newPeerId("broadcast"), name: "Ada & <b>" };
  const publisher = await publish(metadata);
  await publisher.run("talk", CALL_MS);
  const sent = Number(await publisher.run("frames"));
  const endedAt = Date.now();
  await publisher.run("stop");

  const { leg } = await readyCallOf(publisher.peerId, endedAt, PATIENCE_MS);

  expect(leg.metadata).toEqual(metadata);
  expect(leg.file?.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort()).toEqual(["audio opus", "video vp8"]);
  const frames = leg.file?.streams.find(({ kind }) => kind === "video")?.frames ?? 0;
  expect(frames / sent).toBeGreaterThan(FRAMES_KEPT);
  await publisher.tab.close();
  await expectNothingLeft();
});

test("the publisher's connection ends with the recording, and its session is removed", async () => {
  const publisher = await publish({});
  const { id } = await recordingCallOf(publisher.peerId, PATIENCE_MS);
  await stopCall(id);

  await waitFor("the end of its connection", PATIENCE_MS, async () =>
    ["closed", "failed", "disconnected"].includes(String(await publisher.run("state"))),
  );
  const session = await fetch(String(await publisher.run("resource")), {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${API_KEY}`,
      "content-type": "application/trickle-ice-sdpfrag",
      "if-match": "*",
    },
  });
  expect(session.status).toBe(404);
  await readyCallOf(publisher.peerId, Date.now(), PATIENCE_MS);
  await publisher.tab.close();
  await expectNothingLeft();
});

test.each(["chromium", "firefox"] as const)(
  "a publisher in %s that restarts ICE from another network continues in the same file",
  async (name) => {
    const address = name === "firefox" ? await hostAddress() : undefined;
    await using first = await openRelay(MEDIA_PORT, {}, SEED, address);
    await using second = await openRelay(MEDIA_PORT, {}, SEED + 1, address);
    const publisher = await publish({}, { name, relay: first });
    await publisher.run("talk", CALL_MS);
    first.cut();
    await publisher.run("sendThrough", relayAddress(second));
    await publisher.run("restart");
    await publisher.run("talk", CALL_MS);
    expect((await findCallOf(publisher.peerId))?.legs[0]?.state).toBe("recording");
    const sent = Number(await publisher.run("frames"));
    const endedAt = Date.now();
    await publisher.run("stop");

    const { call, leg } = await readyCallOf(publisher.peerId, endedAt, PATIENCE_MS);

    expect(call.legs).toHaveLength(1);
    await using file = await download(fileUrl(call, leg));
    const seen = await inspect(file.path);
    const share = (seen.streams.find(({ kind }) => kind === "video")?.packets ?? 0) / sent;
    const hint = JSON.stringify({ seen, sent, first: first.counts, second: second.counts });
    await recordMeasurements({ test: expect.getState().currentTestName, share, seconds: seen.durationSeconds });
    expect(share, hint).toBeGreaterThan(FRAMES_KEPT_IN_MOVE);
    expect(seen.decodeErrors, hint).toBe("");
    expect(second.counts.passed, hint).toBeGreaterThan(0);
    await publisher.tab.close();
    await expectNothingLeft();
  },
);

const HD = { width: 1280, height: 720 };
/** The recording begins when all layers come. */
const FRAMES_KEPT_OF_LAYERS = 0.85;
/** A busy host switches the largest layer off for a time. */
const SIZED_SHARE = 0.9;

test.each([
  ["0;1;2", [1, 2, 3]],
  ["large;medium;small", [1, 2, 4]],
  ["0;1;2", [4, 2, 1]],
] as const)(
  "of the layers %s, scaled by %j, the full size is recorded, and the next one while it is off",
  async (names, scales) => {
    const rids = names.split(";");
    const encodings = rids.map((rid, index) => ({ rid, scaleResolutionDownBy: scales[index] }));
    const full = rids[(scales as readonly number[]).indexOf(1)] as string;
    const publisher = await publish({}, { video: { size: HD, encodings, codec: "VP8" } });
    await publisher.run("talk", CALL_MS);
    await publisher.run("activate", { [full]: false });
    await publisher.run("talk", CALL_MS);
    await publisher.run("activate", { [full]: true });
    await publisher.run("talk", CALL_MS);

    const { seen, widths } = await recorded(publisher);

    const changes = widths.filter((width, index) => width !== widths[index - 1]);
    const hint = JSON.stringify({ changes, frames: widths.length });
    expect(seen.decodeErrors, hint).toBe("");
    expect([changes[0], changes.at(-1)], hint).toEqual([HD.width, HD.width]);
    expect(changes, hint).toContain(HD.width / 2);
    expect(seen.durationSeconds, hint).toBeGreaterThan((3 * CALL_MS) / 1000 - 1);
  },
);

test.each([
  ["L2T1", 2],
  ["L3T3_KEY", 3],
] as const)(
  "VP9 with the spatial layers %s is recorded in the largest size, and clean",
  async (scalabilityMode, layers) => {
    const publisher = await publish({}, { video: { size: HD, encodings: [{ scalabilityMode }], codec: "VP9" } });
    await publisher.run("talk", 2 * CALL_MS);
    const sent = Number(await publisher.run("frames")) / layers; // the browser counts each layer of a picture

    const { seen, widths } = await recorded(publisher);

    const full = widths.filter((width) => width === HD.width).length;
    const hint = JSON.stringify({ sent, recorded: widths.length, full, errors: seen.decodeErrors });
    expect(seen.decodeErrors, hint).toBe("");
    expect(widths.length / sent, hint).toBeGreaterThan(FRAMES_KEPT_OF_LAYERS);
    expect(widths.at(-1), hint).toBe(HD.width);
    expect(full / widths.length, hint).toBeGreaterThan(SIZED_SHARE);
  },
);

test.each([
  ["of AV1 alone", { codec: "AV1" }, "NOT_RECORDED", /the video of m-line \d \(AV1\)/],
  ["without BUNDLE", { remove: "a=group:BUNDLE.*\\r\\n" }, "NO_BUNDLE", /no a=group:BUNDLE/],
])(
  "an offer %s is refused with the reason, and accepted with partial=true: the rest is recorded, with a note",
  async (_, video, code, reason) => {
    const tab = await (await browserOf("chromium")).open(`${pages.origin}/whip.html`);
    const url = new URL(`/whip/${RECORDER_PEER_ID}?id=${newPeerId("refused")}`, ORIGIN).href;
    const { status, text } = (await tab.evaluate(
      `window.publisher.post(...${JSON.stringify([url, API_KEY, video])})`,
    )) as { status: number; text: string };
    expect([status, JSON.parse(text).error.code]).toEqual([422, code]);
    expect(JSON.parse(text).error.message).toMatch(reason);
    await tab.close();

    const publisher = await publish({ partial: "true" }, { video });
    await publisher.run("talk", CALL_MS);
    const { leg, seen } = await recorded(publisher);
    expect(seen.streams.map(({ kind }) => kind)).toEqual(["audio"]);
    expect(leg.notes).toEqual([
      expect.objectContaining({ code: code === "NO_BUNDLE" ? code : "NOT_RECORDED_CODEC", kind: "video" }),
    ]);
  },
);

const hasVideo = ({ file }: Leg) => file?.streams.some(({ kind }) => kind === "video");

/** Ends the call. Returns its leg and what its file contains. */
async function recorded(publisher: Awaited<ReturnType<typeof publish>>) {
  const endedAt = Date.now();
  await publisher.run("stop");
  const { call, leg } = await readyCallOf(publisher.peerId, endedAt, PATIENCE_MS);
  await using file = await download(fileUrl(call, leg));
  const result = { leg, seen: await inspect(file.path), widths: hasVideo(leg) ? await frameWidths(file.path) : [] };
  await publisher.tab.close();
  await expectNothingLeft();
  return result;
}

const relayAddress = ({ address, port }: Relay) => ({ address, port });

async function browserOf(name: BrowserName): Promise<Browser> {
  const running = browsers.find((one) => one.name === name);
  if (running) return running;
  const browser = await launch[name]();
  browsers.push(browser);
  return browser;
}

interface PublishOptions {
  name?: BrowserName;
  relay?: Relay;
  /** For the page's `publish`. */
  video?: Record<string, unknown>;
}

async function publish(
  metadata: Record<string, string>,
  { name = "chromium", relay, video = {} }: PublishOptions = {},
) {
  const tab = await (await browserOf(name)).open(`${pages.origin}/whip.html`);
  const peerId = newPeerId("whip");
  const url = new URL(`/whip/${RECORDER_PEER_ID}`, ORIGIN);
  url.search = String(new URLSearchParams({ id: peerId, ...metadata }));
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.publisher.${method}(...${JSON.stringify(args)})`);
  if (relay) await run("sendThrough", relayAddress(relay));
  await run("publish", url.href, API_KEY, video);
  return { tab, peerId, run };
}
