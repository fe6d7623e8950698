import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXECUTABLES } from "../browsers/browser.ts";
import { CHROMIUM_ARGUMENTS } from "../browsers/chromium.ts";
import { openConsolePage } from "../browsers/consolePage.ts";
import { listCalls, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS } from "./expectations.ts";

const LIMIT = { timeout: PATIENCE_MS };
const RECORDING = ".recording:not(.recording-not)";
/** A page tries again every second, the front door too. The rest is for busy machines. */
const BACK = { timeout: 10_000 };
/** The front door tries for 15 s. */
const PATIENT = { signal: AbortSignal.timeout(600_000) };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLES.chromium, args: CHROMIUM_ARGUMENTS });
});
afterAll(() => browser.close());

test("after a restart of the orchestrator all pages are up to date within seconds, and until then say that they are not", async () => {
  await using first = await openConsolePage(browser, "/demo");
  const ada = first.page;
  await join(ada, "Ada");
  const link = new URL((await ada.locator(".link-to-send a").getAttribute("href", LIMIT)) ?? "");
  await using second = await openConsolePage(browser, link.pathname + link.search);
  await join(second.page, "Grace");
  const demos = [ada, second.page];
  await Promise.all(demos.map((page) => page.locator(RECORDING).waitFor(LIMIT)));
  const [call] = (await listCalls()).calls;
  await using overview = await openConsolePage(browser, `/calls/${call?.id}`);
  const list = overview.page;
  await list.locator(".link-live").waitFor(LIMIT);
  await using watching = await openConsolePage(browser, `/live/${call?.id}`);
  await watching.page.locator("[data-status=waiting]").waitFor(LIMIT);

  await stopOrchestrator();
  await Promise.all([
    ...demos.map((page) => page.getByText("Recording not confirmed").waitFor(LIMIT)),
    list.getByText("Not up to date since").waitFor(LIMIT),
    watching.page.getByText("reconnecting…").waitFor(LIMIT),
  ]);
  expect(await list.title()).toBe("Not up to date – Call recorder");
  await list.locator(".health").getByText("Running calls are still recorded. New calls wait").waitFor(LIMIT);
  // Long enough for an answer of the front door, at which the browser gives up an EventSource.
  await waitFor(
    "the front door gives up",
    PATIENCE_MS,
    async () => (await request("/api/events", PATIENT)).status >= 500,
  );
  for (const page of demos) expect(await page.locator(RECORDING).count()).toBe(0);

  await startOrchestrator();
  await Promise.all([
    ...demos.map((page) => page.locator(RECORDING).waitFor(BACK)),
    list.locator(".link-live").waitFor(BACK),
    list.getByText("Up to date again.").waitFor(BACK),
    watching.page.getByText("reconnecting…").waitFor({ ...BACK, state: "detached" }),
  ]);

  // What happens while the pages are cut off is told.
  await stopOrchestrator();
  await list.getByText("Not up to date since").waitFor(LIMIT);
  await ada.getByRole("button", { name: "Hang up" }).click();
  await startOrchestrator();
  await list.getByText(/Up to date again\..*changed: (Ada · Grace|Grace · Ada)/).waitFor(LIMIT);
  await list.locator(".story .badge-ready").waitFor(LIMIT);
  await list.getByRole("button", { name: "OK" }).click();
  await list.getByText("Up to date again.").waitFor({ ...LIMIT, state: "detached" });
});

const stopOrchestrator = () => composeOrThrow(["kill", "orchestrator"]);

/** As Docker does automatically after a crash. Resolves when it answers. */
async function startOrchestrator(): Promise<void> {
  await runOrThrow("docker", ["start", `${PROJECT}-orchestrator-1`]);
  await waitFor("the orchestrator answers", 2 * PATIENCE_MS, async () => (await request("/api/calls", PATIENT)).ok);
}

async function join(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: /Join/ }).click();
  await page.locator(".room").waitFor(LIMIT);
}
