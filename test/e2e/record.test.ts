import { describe, expect, test } from "vitest";
import type { BrowserName } from "../browsers/browser.ts";
import { CAMERA } from "../browsers/camera.ts";
import { fileUrl } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { expectAllHealthy, expectCompleteRecording, expectNothingLeft, readyCallOf } from "./expectations.ts";
import { type Caller, openTestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 20;
const LENGTH = { seconds: CALL_SECONDS, within: 1 };
const SEEK_TO_SECONDS = 15;

describe.each<BrowserName>(["chromium", "firefox"])("a call of 20 s from %s", (name) => {
  test("is ready after its end, matches what was sent, and plays in a <video>", async () => {
    await using testBrowser = await openTestBrowser(name);
    const caller = await testBrowser.caller();

    const { sent, ready } = await callAndHangUp(caller);

    await expectCompleteRecording(ready, sent, LENGTH);
    const played = await testBrowser.play(fileUrl(ready.call, ready.leg), SEEK_TO_SECONDS);
    expect(Math.abs(played.duration - CALL_SECONDS)).toBeLessThanOrEqual(LENGTH.within);
    expect(Math.abs(played.landed - SEEK_TO_SECONDS)).toBeLessThanOrEqual(0.1);
    expect(played.seekableTo).toBeGreaterThan(SEEK_TO_SECONDS);
    expect(played).toMatchObject(CAMERA);
    expect(played.framesShown).toBeGreaterThan(10);
    await expectNothingLeft();
    await expectAllHealthy();
  });
});

test("three simultaneous calls are recorded completely, each in a separate file", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const callers = await Promise.all([testBrowser.caller(), testBrowser.caller(), testBrowser.caller()]);

  const calls = await Promise.all(callers.map((caller) => callAndHangUp(caller, { videoCodec: "VP8" })));

  expect(new Set(calls.map(({ ready }) => ready.call.id)).size).toBe(3);
  for (const { sent, ready } of calls) await expectCompleteRecording(ready, sent, LENGTH);
  await expectNothingLeft();
  await expectAllHealthy();
});

async function callAndHangUp({ page, peerId }: Caller, options: { videoCodec?: string } = {}) {
  await page.call(RECORDER_PEER_ID, options);
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  return { sent, ready: await readyCallOf(peerId, endedAt) };
}
