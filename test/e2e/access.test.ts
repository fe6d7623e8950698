import { type BrowserContext, type Browser as Chromium, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CAMERA } from "../browsers/camera.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { playVideo } from "../browsers/consolePage.ts";
import { launchFirefox } from "../browsers/firefox.ts";
import { errorCode, request } from "../bundle/api.ts";
import { recreate } from "../bundle/recreate.ts";
import { ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, type Ready, readyCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const TOKEN = "token-of-the-access-tests";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const LIMIT = { timeout: PATIENCE_MS };

let recorded: Ready;
let browser: Chromium;

/** The test bundle needs no token, because it listens on loopback. In this file its orchestrator has one. */
const restart = (env: Record<string, string>) => recreate(["orchestrator"], { env });

beforeAll(async () => {
  {
    await using testBrowser = await openTestBrowser("chromium");
    const { page, peerId } = await testBrowser.caller();
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await page.talk(3_000);
    await page.hangUp("close(true)");
    recorded = await readyCallOf(peerId, Date.now(), PATIENCE_MS);
  }
  await restart({ API_TOKEN: TOKEN });
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(async () => {
  await browser?.close();
  await restart({});
});

const filePath = () => `/api/calls/${recorded.call.id}/files/${recorded.leg.file?.name}`;

describe("with API_TOKEN set", () => {
  test("calls, files, events and keys require the token", async () => {
    for (const path of [
      "/api/calls",
      `/api/calls/${recorded.call.id}`,
      filePath(),
      "/api/events",
      "/api/client-configuration",
    ]) {
      expect(await errorCode(await request(path), 401), path).toBe("LOGIN_NEEDED");
    }
    for (const path of ["//api/calls", "/%61pi/calls", "/api/../api/calls", "/api//calls"]) {
      expect(await (await request(path)).text(), path).not.toContain("call_");
    }
    expect((await request("/api/calls", { headers: BEARER })).status).toBe(200);
    expect((await request(filePath(), { headers: { ...BEARER, range: "bytes=0-3" } })).status).toBe(206);
    expect(await (await request("/api/health")).json()).toEqual({ status: "ok" });
  });

  test("the console asks for the token once, and then plays recordings", async () => {
    const context = await browser.newContext();
    const violations = await violationsIn(context);
    const page = await context.newPage();
    await page.goto(`${ORIGIN}/calls/${recorded.call.id}`);
    await page.getByLabel("API token").fill("a wrong one, by mistake");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("This is not the API token.").waitFor(LIMIT);
    await page.getByLabel("API token").fill(TOKEN);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator(".link-live").waitFor(LIMIT);
    expect((await playVideo(page, ".pane video", 1)).width).toBe(CAMERA.width);

    await page.reload();
    await page.locator(".pane video").waitFor(LIMIT);
    await page.goto(`${ORIGIN}/demo`);
    await page.getByLabel("Your name").waitFor(LIMIT);
    expect(await page.evaluate(() => document.cookie)).toBe("");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("API token").waitFor(LIMIT);
    expect(violations).toEqual([]);
    await context.close();
  });

  test("Firefox can log in too", async () => {
    const firefox = await launchFirefox();
    try {
      const tab = await firefox.open(`${ORIGIN}/`);
      const has = (selector: string) => async () =>
        Boolean(await tab.evaluate(`!!document.querySelector(${JSON.stringify(selector)})`));
      await waitFor("the login", PATIENCE_MS, has(".login input"));
      await tab.evaluate(`{
        const input = document.querySelector(".login input");
        input.value = ${JSON.stringify(TOKEN)};
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }`);
      await tab.evaluate(`document.querySelector(".login button").click()`);
      await waitFor("the list of calls", PATIENCE_MS, has(`.row[data-call="${recorded.call.id}"]`));
    } finally {
      await firefox.close();
    }
  });

  test("a signed link gives a browser without a token access to one recording only", async () => {
    const made = await request(`${filePath()}/links`, {
      method: "POST",
      headers: { ...BEARER, "content-type": "application/json" },
      body: JSON.stringify({ expiresInSeconds: 120 }),
    });
    expect(made.status).toBe(201);
    const { url } = (await made.json()) as { url: string };
    const page = await browser.newPage();
    await page.goto(`${ORIGIN}${url}`);
    expect((await playVideo(page, "video", 1)).width).toBe(CAMERA.width);
    await page.close();

    const { search } = new URL(url, ORIGIN);
    expect(await errorCode(await request(`/api/calls/${recorded.call.id}${search}`), 401)).toBe("LOGIN_NEEDED");
    expect(await errorCode(await request(url.replace(/.$/, "_")), 403)).toBe("LINK_REFUSED");
  });

  test("wrong tokens lock nobody out: the right one always works", async () => {
    const wrong = { authorization: "Bearer a-wrong-token-of-somebody" };
    // Tests before this one have tried wrong tokens, too.
    const codes: string[] = [];
    while (codes.at(-1) !== "TOO_MANY_FAILED_LOGINS" && codes.length < 12) {
      const answer = await request("/api/calls", { headers: wrong });
      codes.push(await errorCode(answer, answer.status === 429 ? 429 : 401));
    }
    expect(new Set(codes)).toEqual(new Set(["TOKEN_REFUSED", "TOO_MANY_FAILED_LOGINS"]));
    expect((await request("/api/calls", { headers: BEARER })).status).toBe(200);
  });
});

/** Violations of the content security policy in any page of a context. */
async function violationsIn(context: BrowserContext): Promise<string[]> {
  const violations: string[] = [];
  await context.exposeBinding("noteViolation", (_source, text: string) => violations.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      (window as unknown as { noteViolation(text: string): void }).noteViolation(`${violatedDirective} ${blockedURI}`),
    );
  });
  return violations;
}
