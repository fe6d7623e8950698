import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import type { CallOptions } from "../browsers/callerPage.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage } from "../browsers/consolePage.ts";
import { getCall, isLegOver } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, recordingCallOf } from "./expectations.ts";
import { BOTH } from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_MS = 5_000;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await expectNothingLeft();
});

/** The end of a call that may have a recording or not. */
async function endOf(options: CallOptions, setting = BOTH) {
  const { page, peerId } = await testBrowser.syntheticCaller(setting);
  await page.call(RECORDER_PEER_ID, options);
  const { id } = await recordingCallOf(peerId, PATIENCE_MS);
  await page.talk(CALL_MS);
  await page.hangUp("close(true)");
  await page.tab.close();
  const leg = await waitFor("the leg is over", PATIENCE_MS, async () => {
    const found = (await getCall(id)).legs.find((one) => one.peerId === peerId);
    return found && isLegOver(found) ? found : undefined;
  });
  return { id, leg };
}

describe("media that is encrypted end to end is told, with what it probably is", () => {
  test.each<[string, CallOptions, typeof BOTH]>([
    ["all of each frame", { encrypted: { video: 0, audio: 0 } }, BOTH],
    ["all but the first bytes of each frame", { encrypted: { video: 10, audio: 1 } }, BOTH],
    ["all but the first bytes of VP9", { videoCodec: "VP9", encrypted: { video: 3, audio: 1 } }, BOTH],
    ["all of each packet of sound", { encrypted: { audio: 0 } }, { ...BOTH, video: false }],
    ["all but the first byte of each packet of sound", { encrypted: { audio: 1 } }, { ...BOTH, video: false }],
  ])("%s", async (_, options, setting) => {
    const { leg } = await endOf(options, setting);
    expect(leg, JSON.stringify(leg)).toMatchObject({ error: { code: "MEDIA_UNREADABLE" } });
    expect(leg.error?.hint).toContain("encrypts its media end to end");
  });

  test("not media that is not", async () => {
    const { leg } = await endOf({});
    expect(leg, JSON.stringify(leg)).toMatchObject({ state: "ready" });
    expect(leg.error).toBeUndefined();
    expect(leg.notes, JSON.stringify(leg)).toBeUndefined();
  });
});

test("the console shows what a leg lacks, and its list marks the call", async () => {
  const { id, leg } = await endOf({ encrypted: { video: 10, audio: 1 } });
  // Encrypted video may also be missing from the file.
  expect(
    leg.notes?.map(({ code }) => code),
    JSON.stringify(leg),
  ).toContain("ENCRYPTED");
  await using browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
  await using opened = await openConsolePage(browser, `/calls/${id}`);
  const { page, complaints } = opened;
  const note = page.locator(".pane .note", { hasText: "ENCRYPTED" }).first();
  await note.waitFor({ timeout: PATIENCE_MS });
  expect(await note.innerText()).toContain("encrypted end to end");
  const marked = page.locator(`.row[data-call="${id}"] .problems`);
  await page.goto(new URL("/", page.url()).href);
  await marked.waitFor({ timeout: PATIENCE_MS });
  expect(await marked.innerText()).toBe("incomplete");
  expect(complaints).toEqual([]);
});
