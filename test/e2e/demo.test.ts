import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage, playVideo } from "../browsers/consolePage.ts";
import { joinDemo, RECORDING } from "../browsers/demoPage.ts";
import { getCall } from "../bundle/api.ts";
import { expectNothingLeft, PATIENCE_MS } from "./expectations.ts";

const LIMIT = { timeout: PATIENCE_MS };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(() => browser.close());

test("two people who call each other with a link are recorded in one call", async () => {
  await using first = await openConsolePage(browser, "/demo");
  const ada = first.page;
  await joinDemo(ada, "Ada", PATIENCE_MS);
  const link = await ada.locator(".link-to-send a").getAttribute("href", LIMIT);
  await using second = await openConsolePage(browser, new URL(link ?? "").pathname + new URL(link ?? "").search);
  const grace = second.page;
  await joinDemo(grace, "<b>Grace</b>", PATIENCE_MS);

  await Promise.all([ada, grace].map((page) => page.locator(RECORDING).waitFor(LIMIT)));
  await ada.getByText("<b>Grace</b>").waitFor(LIMIT);
  await grace.locator("figcaption", { hasText: "Ada" }).waitFor(LIMIT);
  await Promise.all([ada, grace].map((page) => seesTheOther(page, 3)));

  await grace.getByRole("button", { name: "Camera off" }).click();
  expect(await grace.getByRole("button", { name: "Camera off" }).getAttribute("aria-pressed")).toBe("true");
  await grace.getByRole("button", { name: "Hang up" }).click();
  await ada.getByText("The call is over").waitFor(LIMIT);

  await ada.getByRole("link", { name: /recording|recorded/ }).click(LIMIT);
  await ada.locator(".story .badge-ready").waitFor(LIMIT);
  expect(await ada.locator(".pane video").count()).toBe(2);
  for (const leg of [0, 1]) {
    const { width, duration } = await playVideo(ada, `.leg >> nth=${leg} >> video`, 1);
    expect(width).toBe(640);
    expect(duration).toBeGreaterThan(2);
  }

  const call = await getCall(new URL(ada.url()).pathname.split("/").at(-1) ?? "");
  expect(call.legs.map(({ metadata }) => (metadata as { name: string }).name).sort()).toEqual(["<b>Grace</b>", "Ada"]);
  expect([...first.complaints, ...second.complaints]).toEqual([]);
  await expectNothingLeft();
});

test("calling a peer that is not registered shows a message, and the page stays usable", async () => {
  await using opened = await openConsolePage(browser, "/demo");
  const { page } = opened;
  await joinDemo(page, "Ada", PATIENCE_MS);
  await page.getByLabel("Or call somebody by id").fill("nobody-is-called-this");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.getByRole("alert").getByText("Nobody is registered").waitFor(LIMIT);
  await page.locator(".invite").waitFor(LIMIT);
});

/** Checks that the remote picture keeps moving for this many seconds. */
async function seesTheOther(page: Page, seconds: number): Promise<void> {
  const played = () => page.locator(".tile:not(.self) video").evaluate((video: HTMLVideoElement) => video.currentTime);
  const began = await played();
  await expect.poll(played, LIMIT).toBeGreaterThan(began + seconds);
}
