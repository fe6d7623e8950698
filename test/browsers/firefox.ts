import puppeteer from "puppeteer-core";
import { type Browser, EXECUTABLES } from "./browser.ts";
import { signalTree } from "./processTree.ts";

const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  // By default skyway-js uses a public STUN server, but tests must stay on this host.
  "network.dns.localDomains": "stun.webrtc.ecl.ntt.com",
};

/** Starts headless Firefox, driven by WebDriver BiDi, with a synthetic camera and microphone. */
export async function launchFirefox(): Promise<Browser> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: EXECUTABLES.firefox,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
  const pid = browser.process()?.pid;
  if (pid === undefined) throw new Error("Firefox has no process id");
  return {
    name: "firefox",
    async open(url) {
      const page = await browser.newPage();
      await page.goto(url, { waitUntil: "load" });
      return {
        evaluate: (expression) => page.evaluate(expression),
        close: () => page.close(),
      };
    },
    async kill() {
      const gone = new Promise<void>((resolve) => browser.process()?.once("exit", () => resolve()));
      signalTree(pid, "SIGKILL");
      await gone;
    },
    freeze: () => signalTree(pid, "SIGSTOP"),
    async close() {
      signalTree(pid, "SIGCONT");
      await browser.close();
    },
  };
}
