import type { Browser, BrowserName } from "./browser.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";

export const launch: Record<BrowserName, () => Promise<Browser>> = {
  chromium: () => launchChromium(),
  firefox: launchFirefox,
};
