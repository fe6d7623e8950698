import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { request } from "../bundle/api.ts";
import { ORIGIN } from "../bundle/settings.ts";
import { expectNothingLeft } from "./expectations.ts";

const STEP_LIMIT_MS = 15_000;
/** skyway-js tries `eval` for the global object, is refused by the content security policy, and does without. */
const EXPECTED_COMPLAINT = /Content Security Policy.*script-src|script-src.*fallback/s;

let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(() => browser.close());

test("two people call each other on /demo, and the console shows and plays both recordings of one call", async () => {
  const console_ = await open("/");
  const ada = await join("Ada");
  const grace = await join("<b>Grace</b>");

  const adaId = (await ada.locator("[data-peer-id]").textContent()) ?? "";
  await grace.getByPlaceholder("Id of the other party").fill(adaId);
  await grace.getByRole("button", { name: "Call", exact: true }).click();
  await Promise.all([ada, grace].map((page) => page.locator(".recording").waitFor({ timeout: STEP_LIMIT_MS })));

  const card = console_.locator(".call", { hasText: "Ada" }).first();
  await card.locator(".badge-recording").waitFor({ timeout: STEP_LIMIT_MS });
  await hearing(ada, 3);
  await grace.getByRole("button", { name: "Hang up" }).click();
  await ada.getByText("The call is over").waitFor({ timeout: STEP_LIMIT_MS });

  await card.locator(".badge-ready").waitFor({ timeout: STEP_LIMIT_MS });
  await card.locator(".call-open").click();
  expect(await card.locator(".who").textContent()).toContain("<b>Grace</b>");
  const players = card.locator("video");
  await expect.poll(() => players.count(), { timeout: STEP_LIMIT_MS }).toBe(2);
  for (const player of await players.all()) {
    const played = await player.evaluate(async (video: HTMLVideoElement) => {
      video.muted = true;
      await video.play();
      await new Promise((resolve) => {
        video.ontimeupdate = () => video.currentTime > 1 && resolve(undefined);
      });
      video.pause();
      return { width: video.videoWidth, seconds: video.duration };
    });
    expect(played.width).toBe(640);
    expect(played.seconds).toBeGreaterThan(2.5);
  }

  await console_.reload();
  await console_.locator(".call").first().waitFor({ timeout: STEP_LIMIT_MS });
  expect(complaints).toEqual([]);
  await expectNothingLeft();
});

test("a running call is stopped from the console", async () => {
  const ada = await join("Solo");
  const bob = await join("Bob");
  const adaId = (await ada.locator("[data-peer-id]").textContent()) ?? "";
  await bob.getByPlaceholder("Id of the other party").fill(adaId);
  await bob.getByRole("button", { name: "Call", exact: true }).click();

  const console_ = await open("/");
  const card = console_.locator(".call", { hasText: "Solo" }).first();
  await card.locator(".badge-recording").waitFor({ timeout: STEP_LIMIT_MS });
  await card.getByRole("button", { name: "Stop" }).click();
  await card.locator(".badge-ready, .badge-failed").waitFor({ timeout: STEP_LIMIT_MS });
  await Promise.all([ada.close(), bob.close()]);
  await expectNothingLeft();
});

test("pages are sent with a content security policy that allows no foreign code", async () => {
  const policy = (await request("/")).headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain("unsafe");
});

async function open(path: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED_COMPLAINT.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${ORIGIN}${path}`);
  return page;
}

async function join(name: string): Promise<Page> {
  const page = await open("/demo");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: /Join/ }).click();
  await page.locator("[data-peer-id]").waitFor({ timeout: STEP_LIMIT_MS });
  return page;
}

/** Lets a call go on until the other side's video has played for so many seconds. */
async function hearing(page: Page, seconds: number): Promise<void> {
  const remote = page.locator(".tile video").nth(1);
  const played = () => remote.evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(played, { timeout: STEP_LIMIT_MS }).toBeGreaterThan(seconds);
}
