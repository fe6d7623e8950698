import { expect, test } from "vitest";
import { findCallOf } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { expectCompleteRecording, expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 8;

test.each(["chromium", "firefox"] as const)(
  "a call from %s that restarts ICE and offers more media continues in the same file",
  async (browser) => {
    await using testBrowser = await openTestBrowser(browser);
    const { page, peerId } = await testBrowser.caller();
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await page.talk(2_000);
    await page.tab.evaluate("window.caller.restartIce()");
    await page.talk(4_000);
    await page.tab.evaluate("window.caller.offerMore()");
    await page.talk(CALL_SECONDS * 1000);
    expect((await findCallOf(peerId))?.legs[0]?.state).toBe("recording");
    expect(await page.errors()).toEqual([]);

    const endedAt = Date.now();
    const sent = await page.hangUp("close(true)");
    const ready = await readyCallOf(peerId, endedAt, PATIENCE_MS);

    expect(ready.call.legs).toHaveLength(1);
    // The browser also counts packets that it sent again during the ICE restart; the recording has them once.
    const audio = sent.audio && { ...sent.audio, packets: sent.audio.packets - sent.audio.retransmitted };
    await expectCompleteRecording(ready, { ...sent, audio }, { seconds: CALL_SECONDS, within: 1 });
    await expectNothingLeft();
  },
);
