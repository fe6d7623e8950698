import { afterAll, beforeAll, expect, test } from "vitest";
import { openCallerPage } from "../browsers/callerPage.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { MEDIA_PORT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { RoamingHost, SERVERS } from "../network/roamingHost.ts";
import { servePages } from "../pages/pageServer.ts";
import { expectCompleteRecording, expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { publishForRoamingHosts } from "./publishing.ts";
import { newPeerId } from "./testBrowser.ts";

const SERVER = SERVERS[6];
/** Only set where needed: on an address other than loopback, the other services would require a token and a key. */
const PUBLISHED = {
  files: ["--file", "compose/ipv6.yml"],
  env: { BIND_ADDRESS_IPV6: `[${SERVER}]`, ANNOUNCED_IP: `127.0.0.1,${SERVER}` },
};

const CALL_MS = 10_000;

let published: AsyncDisposable;
beforeAll(async () => {
  published = await publishForRoamingHosts(6, PUBLISHED);
});
afterAll(() => published?.[Symbol.asyncDispose]());

test("a caller with IPv6 only is recorded through the ports that Docker publishes", async () => {
  await using host = await RoamingHost.open(["wifi"], 6);
  const pages = await servePages(SERVER);
  const browser = await host.launchChromium(pages.origin);
  try {
    const page = await openCallerPage(browser, pages.origin);
    await page.capture();
    const peerId = await page.open({ ...SIGNALING, host: `[${SERVER}]` }, newPeerId("ipv6"));
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await page.talk(CALL_MS);
    const otherSide = await page.otherSide();
    const endedAt = Date.now();
    const sent = await page.hangUp("close(true)");
    const seconds = await page.lasted();

    await expectCompleteRecording(await readyCallOf(peerId, endedAt, PATIENCE_MS), sent, { seconds, within: 0.5 });

    expect(otherSide.named).toEqual(expect.arrayContaining([`${SERVER}:${MEDIA_PORT}`, `127.0.0.1:${MEDIA_PORT}`]));
    expect(otherSide.used).toBe(`${SERVER}:${MEDIA_PORT}`);
    await recordMeasurements({ test: expect.getState().currentTestName, otherSide });
    await page.tab.close();
    await expectNothingLeft();
  } finally {
    await browser.close();
    await pages.close();
  }
});
