import { expect, test } from "vitest";
import { z } from "zod";
import { openCallerPage } from "../browsers/callerPage.ts";
import { request } from "../bundle/api.ts";
import { API_KEY, SIGNALING } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { servePages } from "../pages/pageServer.ts";
import { newPeerId, openTestBrowser } from "./testBrowser.ts";

/** An id stays registered for 5 s after its socket broke, because skyway-js may reconnect. */
const GONE_LIMIT_MS = 5_000 + 3_000;

test("two browsers call each other with signalling only", async () => {
  await using alice = await openTestBrowser("chromium");
  await using bob = await openTestBrowser("firefox");
  const [caller, callee] = await Promise.all([alice.caller(), bob.caller()]);

  await caller.page.call(callee.peerId);

  for (const { page } of [caller, callee]) {
    await waitFor("video and audio of the other browser arrive", 10_000, async () => {
      const { video, audio } = await page.received();
      return (video?.framesDecoded ?? 0) > 10 && (audio?.packets ?? 0) > 10;
    });
  }
  await caller.page.hangUp("close(true)");
  await waitFor("the other side ends the call too", 3_000, async () => !(await callee.page.isOpen()));
  expect(await callee.page.errors()).toEqual([]);
});

test("the REST paths that skyway-js uses list the registered peers", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const { peerId, page } = await testBrowser.caller();
  const Exists = z.object({ exists: z.boolean() });
  const exists = async () =>
    Exists.parse(await (await request(`/api/apikeys/${API_KEY}/peers/${peerId}/exists`)).json()).exists;

  const clients = z.array(z.string()).parse(await (await request(`/api/apikeys/${API_KEY}/clients/`)).json());

  expect(clients).toContain(peerId);
  expect(clients).toContain("TestRecorder");
  expect(await exists()).toBe(true);
  // If a page closes during the upgrade, only the ping detects it, much later.
  await waitFor("the socket is upgraded", GONE_LIMIT_MS, async () => (await page.transport()) === "websocket");
  await page.tab.close();
  await waitFor("the closed tab is no longer registered", GONE_LIMIT_MS, async () => !(await exists()));
});

test("a peer id that is taken, including the recorder's, is refused with the error code that skyway-js expects", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const pages = await servePages();
  try {
    const page = await openCallerPage(testBrowser.browser, pages.origin);
    await expect(page.open(SIGNALING, "TestRecorder")).rejects.toThrow("unavailable-id");
    const wrongKey = { ...SIGNALING, key: "11111111-1111-4111-8111-111111111111" };
    const other = await openCallerPage(testBrowser.browser, pages.origin);
    await expect(other.open(wrongKey, newPeerId("stranger"))).rejects.toThrow("invalid-key");
  } finally {
    await pages.close();
  }
});
