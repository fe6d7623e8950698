import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "../browsers/browser.ts";
import { launchChromium } from "../browsers/chromium.ts";
import { dial, getCall, stopCall } from "../bundle/api.ts";
import { API_KEY, HTTP_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type PageServer, servePages } from "../pages/pageServer.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId } from "./testBrowser.ts";

const SERVER = { host: "127.0.0.1", port: HTTP_PORT, path: "/peerjs", key: API_KEY };
const CALL_MS = 4_000;

let pages: PageServer;
let browser: Browser;
beforeAll(async () => {
  pages = await servePages();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

test("a page with unmodified PeerJS is recorded, and its metadata is stored", async () => {
  const page = await openCaller();
  const metadata = { call: newPeerId("conversation"), name: "Ada <b>" };
  await page.run("call", RECORDER_PEER_ID, metadata);
  await waitFor("its data channel is open", PATIENCE_MS, async () => (await page.run("channelState")) === "open");
  await page.run("talk", CALL_MS);
  expect(await page.run("isOpen"), JSON.stringify(await page.run("events"))).toBe(true);
  expect(await page.run("events")).toEqual([]);
  const endedAt = Date.now();
  await page.run("close");

  const { call, leg } = await readyCallOf(page.peerId, endedAt, PATIENCE_MS);

  expect(leg.metadata).toEqual(metadata);
  expect(leg.file?.streams.map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
  expect(Math.abs((leg.file?.durationSeconds ?? 0) - CALL_MS / 1000)).toBeLessThan(1.5);
  expect((await getCall(call.id)).legs).toHaveLength(1);
  await page.close();
  await expectNothingLeft();
});

test("the page is notified when the recorder ends the call", async () => {
  const page = await openCaller();
  await page.run("call", RECORDER_PEER_ID);
  const { id } = await recordingCallOf(page.peerId, PATIENCE_MS);
  await page.run("talk", 1_000);
  await stopCall(id);
  await waitFor("PeerJS closes its call", PATIENCE_MS, async () =>
    ((await page.run("events")) as string[]).includes("close"),
  );
  await readyCallOf(page.peerId, Date.now(), PATIENCE_MS);
  await page.close();
  await expectNothingLeft();
});

test("a PeerJS page that the recorder calls is recorded too", async () => {
  const page = await openCaller();
  const metadata = { call: newPeerId("conversation") };
  const { legId } = await dial({ peerId: page.peerId, metadata });
  expect(await page.run("called")).toEqual(metadata);
  await page.run("talk", CALL_MS);
  const endedAt = Date.now();
  await page.run("close");

  const { leg } = await readyCallOf(page.peerId, endedAt, PATIENCE_MS);

  expect(leg).toMatchObject({ id: legId, dialled: true, metadata });
  expect(leg.file?.streams.map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
  expect(Math.abs((leg.file?.durationSeconds ?? 0) - CALL_MS / 1000)).toBeLessThan(1.5);
  await page.close();
  await expectNothingLeft();
});

async function openCaller() {
  const tab = await browser.open(`${pages.origin}/peerjs.html`);
  const peerId = newPeerId("peerjs");
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.caller.${method}(...${JSON.stringify(args)})`);
  await run("open", peerId, SERVER);
  return { peerId, run, close: () => tab.close() };
}
