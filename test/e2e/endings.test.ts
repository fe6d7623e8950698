import { expect, test } from "vitest";
import type { HangUp, Statistics } from "../browsers/callerPage.ts";
import { stopCall } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import {
  expectCompleteRecording,
  expectNothingLeft,
  LAST_MOMENT_MS,
  PATIENCE_MS,
  readyCallOf,
  recordingCallOf,
} from "./expectations.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 5;
const LENGTH = { seconds: CALL_SECONDS, within: 1 };
/**
 * A frozen browser keeps its sockets open and sends nothing. Only ICE consent tells the gateway
 * (RFC 7675: 30 s), measured at 28.5 s.
 */
const ICE_GRACE_MS = 30_000;

interface Ending {
  how: string;
  /** Ends the call. Resolves with the last statistics before the end. */
  end(testBrowser: TestBrowser, caller: Caller): Promise<Statistics>;
  /** Added to the usual limit. */
  graceMs?: number;
}

const hangUp = (how: HangUp): Ending => ({ how, end: (_, { page }) => page.hangUp(how) });

const ENDINGS: Ending[] = [
  hangUp("close(true)"),
  hangUp("close()"),
  hangUp("destroy()"),
  {
    how: "closing the tab",
    async end(_, { page }) {
      const sent = await page.sent();
      await page.tab.close();
      return sent;
    },
  },
  {
    how: "killing the browser",
    async end({ browser }, { page }) {
      const sent = await page.sent();
      await browser.kill();
      return sent;
    },
  },
  {
    how: "freezing the browser",
    graceMs: ICE_GRACE_MS,
    async end({ browser }, { page }) {
      const sent = await page.sent();
      browser.freeze();
      return sent;
    },
  },
  {
    how: "POST …/stop",
    async end(_, { page, peerId }) {
      const { id } = await recordingCallOf(peerId);
      const sent = await page.sent();
      await stopCall(id);
      await waitFor("the caller's page notices the end", 3_000, async () => !(await page.isOpen()));
      return sent;
    },
  },
];

test.each(ENDINGS)("a call that ends by $how leaves a complete recording", async ({ end, graceMs = 0 }) => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await caller.page.talk(CALL_SECONDS * 1000);

  const endedAt = Date.now();
  const sent = await end(testBrowser, caller);
  // Media flows until a busy host has frozen or killed the last process of a browser.
  const flowedOnMs = LAST_MOMENT_MS + Date.now() - endedAt;
  const ready = await readyCallOf(caller.peerId, endedAt, PATIENCE_MS + graceMs);

  await expectCompleteRecording(ready, sent, LENGTH, flowedOnMs);
  await expectNothingLeft();
  expect(ready.leg.error).toBeUndefined();
});
