import type { Page } from "playwright-core";

/** The mark that says that one is recorded. */
export const RECORDING = ".recording:not(.recording-not)";

/** @param timeout milliseconds. */
export async function joinDemo(page: Page, name: string, timeout: number): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: /Join/ }).click();
  await page.locator(".room").waitFor({ timeout });
}
