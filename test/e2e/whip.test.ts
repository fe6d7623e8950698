import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserName } from "../browsers/browser.ts";
import { launch } from "../browsers/launch.ts";
import { fileUrl, findCallOf, stopCall } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { hostAddress } from "../bundle/hostAddress.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
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
}

async function publish(metadata: Record<string, string>, { name = "chromium", relay }: PublishOptions = {}) {
  const tab = await (await browserOf(name)).open(`${pages.origin}/whip.html`);
  const peerId = newPeerId("whip");
  const url = new URL(`/whip/${RECORDER_PEER_ID}`, ORIGIN);
  url.search = String(new URLSearchParams({ id: peerId, ...metadata }));
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.publisher.${method}(...${JSON.stringify(args)})`);
  if (relay) await run("sendThrough", relayAddress(relay));
  await run("publish", url.href, API_KEY);
  return { tab, peerId, run };
}
