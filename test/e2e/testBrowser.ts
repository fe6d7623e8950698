import { randomUUID } from "node:crypto";
import type { Browser, BrowserName } from "../browsers/browser.ts";
import { type CallerPage, openCallerPage, type SyntheticMedia } from "../browsers/callerPage.ts";
import { launch } from "../browsers/launch.ts";
import { type Played, playInBrowser } from "../browsers/playerPage.ts";
import { findCallOf } from "../bundle/api.ts";
import { SIGNALING } from "../bundle/settings.ts";
import { servePages } from "../pages/pageServer.ts";

export interface Caller {
  readonly page: CallerPage;
  /** Registered at signalling; unique for every caller, so that its calls can be found. */
  readonly peerId: string;
}

/** A browser and its pages; closed at the end of the scope (`await using`). */
export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** Origin of the test pages. */
  readonly pages: string;
  /** A tab that is registered at signalling and has opened camera and microphone. */
  caller(media?: { video: boolean; audio: boolean }): Promise<Caller>;
  /** The same, but with synthetic pictures and sounds that a test can recognise. */
  syntheticCaller(setting: SyntheticMedia): Promise<Caller>;
  play(url: string, seekTo: number): Promise<Played>;
}

export async function openTestBrowser(name: BrowserName): Promise<TestBrowser> {
  const pages = await servePages();
  const browser = await launch[name]();
  const caller = async (open: (page: CallerPage) => Promise<void>): Promise<Caller> => {
    const page = await openCallerPage(browser, pages.origin);
    await open(page);
    const peerId = await page.open(SIGNALING, newPeerId(name));
    return { page: { ...page, call: (...args) => explained(page.call(...args), peerId) }, peerId };
  };
  return {
    browser,
    pages: pages.origin,
    caller: (media) => caller((page) => page.capture(media)),
    syntheticCaller: (setting) => caller((page) => page.play(setting)),
    play: (url, seekTo) => playInBrowser(browser, pages.origin, url, seekTo),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await pages.close();
    },
  };
}

export function newPeerId(stem: string): string {
  return `${stem}-${randomUUID()}`;
}

/** Adds the recorder's legs to the error of a call that did not connect: a page does not learn why it is refused. */
async function explained(call: Promise<void>, peerId: string): Promise<void> {
  try {
    await call;
  } catch (error) {
    const found = await findCallOf(peerId).catch(() => undefined);
    throw new Error(`${error instanceof Error ? error.message : error}\nlegs: ${JSON.stringify(found?.legs)}`, {
      cause: error,
    });
  }
}
