import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage } from "../browsers/consolePage.ts";
import { joinDemo, RECORDING } from "../browsers/demoPage.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf, untilAllHealthy } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const ORCHESTRATOR = `${PROJECT}-orchestrator-1`;
const LIMIT = { timeout: PATIENCE_MS };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(() => browser.close());

test("pages say that they are out of date while the orchestrator is away, and come back by themselves", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const leaving = await testBrowser.caller();
  await leaving.page.call(RECORDER_PEER_ID, { videoCodec: "VP8", metadata: { name: "Leaving" } });
  await recordingCallOf(leaving.peerId);
  await using opened = await openConsolePage(browser, "/demo");
  const ada = opened.page;
  await joinDemo(ada, "Ada", PATIENCE_MS);
  const link = new URL((await ada.locator(".link-to-send a").getAttribute("href", LIMIT)) ?? "");
  await using other = await openConsolePage(browser, link.pathname + link.search);
  await joinDemo(other.page, "Grace", PATIENCE_MS);
  await ada.locator(RECORDING).waitFor(LIMIT);

  await using shown = await openConsolePage(browser, "/");
  const list = shown.page;
  const row = (name: string) => list.locator(".row", { hasText: name }).first();
  for (const name of ["Leaving", "Ada"]) await row(name).locator(".badge-recording").waitFor(LIMIT);
  await using watched = await openConsolePage(browser, `/live/${await row("Ada").getAttribute("data-call")}`);
  const live = watched.page;
  await live.getByRole("heading", { name: "Ada" }).waitFor(LIMIT);

  await runOrThrow("docker", ["kill", "--signal", "KILL", ORCHESTRATOR]);
  await list.getByText("Not up to date since").waitFor(LIMIT);
  await live.locator(".on-air-unknown").waitFor(LIMIT);
  await ada.getByText("Recording not confirmed").waitFor(LIMIT);
  const endedAt = Date.now();
  await leaving.page.hangUp("close(true)");

  // As Docker does for a container that was not killed by `docker kill`.
  await runOrThrow("docker", ["start", ORCHESTRATOR]);
  await list.getByText("Up to date again").waitFor(LIMIT);
  await list.locator(".link-live").waitFor(LIMIT);
  await live.locator(".on-air-unknown").waitFor({ ...LIMIT, state: "detached" });
  await ada.locator(RECORDING).waitFor(LIMIT);
  await row("Leaving").locator(".badge-ready").waitFor(LIMIT);
  expect(await row("Ada").locator(".badge-recording").count()).toBe(1);
  await readyCallOf(leaving.peerId, endedAt, PATIENCE_MS);

  // Events arrive again on all pages.
  await other.page.getByRole("button", { name: "Hang up" }).click();
  await row("Ada").locator(".badge-ready").waitFor(LIMIT);
  await live.getByText("This call was not streamed live.").waitFor(LIMIT);
  await untilAllHealthy();
  await expectNothingLeft();
});
