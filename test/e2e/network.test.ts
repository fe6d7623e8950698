import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileUrl, findCallOf } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { hostAddress } from "../bundle/hostAddress.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { MEDIA_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { openRelay, type Relay } from "../fidelity/relay.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const SEED = 5;
const BEFORE_MS = 3_000;
const CALL_MS = 16_000;
/** The network is away for about three seconds; after it, pictures up to the next keyframe may be missing too. */
const GAP_MS = 5_000;

describe.each(["chromium", "firefox"] as const)("a caller in %s", (browser) => {
  let testBrowser: TestBrowser;
  beforeAll(async () => {
    testBrowser = await openTestBrowser(browser);
  });
  afterAll(() => testBrowser?.[Symbol.asyncDispose]());

  test.each<[string, (networks: readonly [Relay, Relay]) => void]>([
    ["gets another address from its network", ([first]) => first.rebind()],
    ["loses one of two networks", ([first]) => first.cut()],
  ])("that %s during a call continues in the same file", async (_, move) => {
    const address = browser === "firefox" ? await hostAddress() : undefined;
    await using first = await openRelay(MEDIA_PORT, {}, SEED, address);
    await using second = await openRelay(MEDIA_PORT, {}, SEED + 1, address);
    const { page, peerId } = await testBrowser.caller();
    await page.sendThrough(first, second);
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await page.talk(BEFORE_MS);
    move([first, second]);
    await page.talk(CALL_MS);
    expect((await findCallOf(peerId))?.legs[0]?.state).toBe("recording");
    expect(await page.errors()).toEqual([]);
    const endedAt = Date.now();
    const sent = await page.hangUp("close(true)");

    const { call, leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);

    expect(call.legs).toHaveLength(1);
    await using file = await download(fileUrl(call, leg));
    const seen = await inspect(file.path);
    const frames = seen.streams.find(({ kind }) => kind === "video")?.packets ?? 0;
    const share = frames / (sent.video?.framesSent ?? 0);
    const hint = JSON.stringify({ seen, sent, second: second.counts });
    await recordMeasurements({ test: expect.getState().currentTestName, share, seconds: seen.durationSeconds });
    expect(share, hint).toBeGreaterThan(1 - GAP_MS / CALL_MS);
    expect(Math.abs(seen.durationSeconds - CALL_MS / 1000), hint).toBeLessThan(1);
    expect(seen.decodeErrors, hint).toBe("");
    await page.tab.close();
    await expectNothingLeft();
  });
});
