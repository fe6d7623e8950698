import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BrowserName } from "../browsers/browser.ts";
import { type Call, getCall, listCalls, stopCall } from "../bundle/api.ts";
import { configure } from "../bundle/configuration.ts";
import { API_KEY, HTTP_PORT, ORIGIN, RECORDER_PEER_ID, REPOSITORY } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const PEERJS = { host: "127.0.0.1", port: HTTP_PORT, path: "/peerjs", key: API_KEY };
/** skyway-js and PeerJS hear it within a second; the rest is for busy machines. */
const HEARD_MS = 5_000;

// One recorder, which is taken: every other caller is refused.
let configuration: AsyncDisposable;
beforeAll(async () => {
  configuration = await configure("maxConcurrentRecorders: 1");
});
afterAll(() => configuration?.[Symbol.asyncDispose]());

describe.each(["chromium", "firefox"] as const satisfies BrowserName[])("in %s", (browser) => {
  let testBrowser: TestBrowser;
  beforeAll(async () => {
    testBrowser = await openTestBrowser(browser);
  });
  afterAll(() => testBrowser?.[Symbol.asyncDispose]());

  test("a refused page hears `close` at once, and the running call is not affected", async () => {
    const first = await testBrowser.caller();
    await first.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await recordingCallOf(first.peerId, PATIENCE_MS);

    const second = await testBrowser.caller();
    const skyway = await heardIn(second.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" }));
    expect(skyway.error).toMatch(/the call was refused.*TOO_MANY_RECORDERS/s);
    expect(skyway.ms).toBeLessThan(HEARD_MS);
    expect(await second.page.errors()).toEqual([]);
    expect(await second.page.isOpen()).toBe(false);

    const tab = await testBrowser.browser.open(`${testBrowser.pages}/peerjs.html`);
    const run = (method: string, ...args: unknown[]) =>
      tab.evaluate(`window.caller.${method}(...${JSON.stringify(args)})`);
    await run("open", newPeerId("peerjs"), PEERJS);
    const peerJs = await heardIn(run("call", RECORDER_PEER_ID));
    expect(peerJs.error).toMatch("not connected: close");
    expect(peerJs.ms).toBeLessThan(HEARD_MS);
    expect(await run("events")).toEqual(["close"]);

    const whip = await testBrowser.browser.open(`${testBrowser.pages}/whip.html`);
    const url = `${ORIGIN}/whip/${RECORDER_PEER_ID}`;
    const published = await heardIn(whip.evaluate(`window.publisher.publish(${JSON.stringify(url)}, "${API_KEY}")`));
    expect(published.error).toMatch(/503/);
    expect(published.ms).toBeLessThan(HEARD_MS);

    // An offer that nobody can answer: the peer hears the error, and the connection its end.
    const unknown = await testBrowser.caller();
    await expect(unknown.page.call(newPeerId("nobody"))).rejects.toThrow("the call was refused");
    expect(await unknown.page.errors()).toEqual([expect.stringContaining("peer-unavailable")]);

    expect(await first.page.isOpen()).toBe(true);
    const endedAt = Date.now();
    await first.page.hangUp("close(true)");
    const { leg } = await readyCallOf(first.peerId, endedAt, PATIENCE_MS);
    expect(leg.error).toBeUndefined();
    for (const { page } of [first, second, unknown]) await page.tab.close();
    for (const one of [tab, whip]) await one.close();
    await expectNothingLeft();
  });

  test("the page of the README shows its recording sign while it is recorded", async () => {
    const metadataCall = newPeerId("support");
    const tab = await testBrowser.browser.open(`${testBrowser.pages}/caller.html`); // has skyway.js
    await tab.evaluate(`document.body.insertAdjacentHTML("beforeend", '<p id="recording-sign" hidden>REC</p>')`);
    const code = readmeCode().replace("support-4711", metadataCall);
    await tab.evaluate(`(() => { ${code.replace('"localhost", port: 8080', `"127.0.0.1", port: ${HTTP_PORT}`)} })()`);
    const isOn = async () => (await tab.evaluate(`document.querySelector("#recording-sign").hidden`)) === false;

    await waitFor("the sign is on", PATIENCE_MS, isOn);
    const isOurs = ({ legs }: Call) => legs.some(({ metadata }) => Object(metadata).call === metadataCall);
    const call = await waitFor("the call", PATIENCE_MS, async () => (await listCalls()).calls.find(isOurs));
    await stopCall(call.id);
    await waitFor("the sign is off", HEARD_MS, async () => !(await isOn()));
    await waitFor("the recording", PATIENCE_MS, async () => (await getCall(call.id)).state === "ready");
    await tab.close();
    await expectNothingLeft();
  });
});

/** The script of the README's page. */
function readmeCode(): string {
  const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  const [, code] = /<script>\n(.*?)<\/script>/s.exec(readme) ?? [];
  if (!code) throw new Error("the README has no script");
  return code;
}

async function heardIn(action: Promise<unknown>): Promise<{ error: string; ms: number }> {
  const began = Date.now();
  const error = await action.then(
    () => "no error",
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
  );
  return { error, ms: Date.now() - began };
}
