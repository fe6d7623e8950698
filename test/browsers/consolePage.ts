import type { Browser, Page } from "playwright-core";
import { ORIGIN } from "../bundle/settings.ts";

export interface ConsolePage extends AsyncDisposable {
  readonly page: Page;
  /** Console errors, exceptions and failed requests of the page, in order. */
  readonly complaints: string[];
}

/** A page of the web console in a separate browser profile; closed at the end of its scope (`await using`). */
export async function openConsolePage(browser: Browser, path: string): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${ORIGIN}${path}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Plays the first seconds of a `<video>`; returns the width and duration that the browser reports. */
export function playVideo(page: Page, selector: string, seconds: number): Promise<{ width: number; duration: number }> {
  return page.locator(selector).evaluate(async (video: HTMLVideoElement, until) => {
    video.muted = true;
    await video.play();
    await new Promise<void>((resolve, reject) => {
      video.onerror = () => reject(new Error(video.error?.message));
      video.ontimeupdate = () => video.currentTime > until && resolve();
    });
    video.pause();
    return { width: video.videoWidth, duration: video.duration };
  }, seconds);
}
