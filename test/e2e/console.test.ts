import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CAMERA } from "../browsers/camera.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage, playVideo } from "../browsers/consolePage.ts";
import { errorCode, request } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, recordingCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const LIMIT = { timeout: PATIENCE_MS };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(() => browser.close());

test("a call appears while it runs, and its recording plays alone and with the timeline", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  await using opened = await openConsolePage(browser, "/");
  const { page, complaints } = opened;
  await page.locator(".link-live").waitFor(LIMIT);

  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8", metadata: { name: "<b>Ada</b>", order: 4711 } });
  const row = page.locator(".row", { hasText: "<b>Ada</b>" }).first();
  await row.locator(".badge-recording").waitFor(LIMIT);
  await caller.page.talk(6_000);
  await caller.page.hangUp("close(true)");
  await row.locator(".badge-ready").waitFor(LIMIT);

  await row.getByRole("link").click();
  expect(new URL(page.url()).pathname).toBe(`/calls/${await row.getAttribute("data-call")}`);
  const pane = page.locator(".pane");
  await pane.getByText("4711", { exact: true }).waitFor(LIMIT);
  const seen = await playVideo(page, ".pane video", 1);
  expect(seen.width).toBe(CAMERA.width);
  expect(Math.abs(seen.duration - 6)).toBeLessThan(2);

  await pane.getByLabel("Position in the call").fill("3");
  await pane.getByRole("button", { name: "Play", exact: true }).click();
  const at = () => pane.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(at, LIMIT).toBeGreaterThan(3.5);
  await pane.getByRole("button", { name: "Pause", exact: true }).click();

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    pane.getByRole("link", { name: /Download/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^leg_.*\.webm$/);

  await page.reload();
  await pane.locator("video").waitFor(LIMIT);
  expect(complaints).toEqual([]);
  await expectNothingLeft();
});

test("a running call can be stopped from the console, and removed when it is over", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  const { id } = await recordingCallOf(caller.peerId, PATIENCE_MS);
  await caller.page.talk(1_000);

  await using opened = await openConsolePage(browser, `/calls/${id}`);
  const { page, complaints } = opened;
  const remove = () => request(`/api/calls/${id}`, { method: "DELETE" });
  expect(await errorCode(await remove(), 409)).toBe("CALL_GOES_ON");
  const stop = page.locator(".story").getByRole("button", { name: /Stop/ });
  const [title, place] = await Promise.all([page.locator(".story").boundingBox(LIMIT), stop.boundingBox(LIMIT)]);
  expect(place?.y).toBeGreaterThan(title?.y ?? Number.NaN);
  expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThan((title?.y ?? 0) + (title?.height ?? 0));
  await stop.click(LIMIT);
  await page.locator(".story .badge-ready").waitFor(LIMIT);
  await page.getByText("stopped from the console").waitFor(LIMIT);
  await expectNothingLeft();

  const button = (name: string) => page.locator(".story").getByRole("button", { name });
  await button("Remove the call").click(LIMIT);
  await button("Keep").click(LIMIT);
  const files = async () => (await listVolume("calls")).filter((path) => path.includes(id));
  expect(await files()).toHaveLength(2);
  await using elsewhere = await openConsolePage(browser, `/calls/${id}`);
  await elsewhere.page.locator(".story").waitFor(LIMIT);
  await button("Remove the call").click(LIMIT);
  await button("Remove").click(LIMIT);
  await elsewhere.page.getByText("The call was removed").waitFor(LIMIT);
  expect(elsewhere.complaints).toEqual([]);
  await waitFor(
    "the call is removed from the list",
    PATIENCE_MS,
    async () => (await page.locator(`a[href$="${id}"]`).count()) === 0,
  );
  expect(await files()).toEqual([]);
  expect(await errorCode(await request(`/api/calls/${id}`), 404)).toBe("CALL_NOT_FOUND");
  expect(complaints).toEqual([]);
});

test("a phone shows either the list or a call, and nothing is wider than the screen", async () => {
  await using opened = await openConsolePage(browser, "/");
  const { page } = opened;
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.locator(".row").first().waitFor(LIMIT);
  // The page notices the new width a moment later.
  await page.locator(".pane").waitFor({ state: "detached", ...LIMIT });
  expect(await overflow()).toBe(0);

  await page.locator(".row a").first().click();
  await page.locator(".pane article").waitFor(LIMIT);
  expect([await page.locator(".list").count(), await overflow()]).toEqual([0, 0]);
  await page.getByRole("link", { name: "All calls" }).click();
  await page.locator(".row").first().waitFor(LIMIT);
});

test("the address of an unknown call shows a message", async () => {
  await using opened = await openConsolePage(browser, "/calls/call_nothing");
  await opened.page.getByText("There is no such call").waitFor(LIMIT);
});

test("pages are sent with a content security policy that forbids third-party code", async () => {
  const { headers } = await request("/");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|data:|blob:/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("server")).toBeNull();
  expect((await request("/api/calls")).headers.get("content-security-policy")).toContain("default-src 'none'");
});
