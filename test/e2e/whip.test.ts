import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "../browsers/browser.ts";
import { launchChromium } from "../browsers/chromium.ts";
import { stopCall } from "../bundle/api.ts";
import { API_KEY, ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type PageServer, servePages } from "../pages/pageServer.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId } from "./stage.ts";

const CALL_MS = 4_000;
const FRAMES_KEPT = 0.98;

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

test("a WHIP client is recorded, and what its address says is kept", async () => {
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

test("the publisher's connection ends with the recording, and its session is gone", async () => {
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

async function publish(metadata: Record<string, string>) {
  const tab = await browser.open(`${pages.origin}/whip.html`);
  const peerId = newPeerId("whip");
  const url = new URL(`/whip/${RECORDER_PEER_ID}`, ORIGIN);
  url.search = String(new URLSearchParams({ id: peerId, ...metadata }));
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.publisher.${method}(...${JSON.stringify(args)})`);
  await run("publish", url.href, API_KEY);
  return { tab, peerId, run };
}
