import { chromium } from "playwright-core";
import { type Browser, EXECUTABLES } from "./browser.ts";
import { signalTree } from "./processTree.ts";

export const CHROMIUM_ARGUMENTS = chromiumArguments();

/** @param reaches addresses it may connect to, in addition to 127.0.0.1. */
function chromiumArguments(reaches: readonly string[] = []): string[] {
  const excluded = ["127.0.0.1", ...reaches].map((address) => `EXCLUDE ${address}`);
  return [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    // By default skyway-js uses a public STUN server, but tests must stay on this host.
    `--host-resolver-rules=${["MAP * ~NOTFOUND", ...excluded].join(" , ")}`,
  ];
}

/** Settings for a Chromium in another network namespace. */
export interface NamespaceOptions {
  executablePath: string;
  env: Record<string, string>;
  /** Addresses. */
  reaches: string[];
  args: string[];
}

/** Starts headless Chromium with a synthetic camera and microphone. */
export async function launchChromium(options?: NamespaceOptions): Promise<Browser> {
  const server = await chromium.launchServer({
    executablePath: options?.executablePath ?? EXECUTABLES.chromium,
    args: [...chromiumArguments(options?.reaches), ...(options?.args ?? [])],
    env: { ...process.env, ...options?.env },
    host: "127.0.0.1",
  });
  const pid = server.process().pid;
  if (pid === undefined) throw new Error("Chromium has no process id");
  const browser = await chromium.connect(server.wsEndpoint());
  return {
    name: "chromium",
    async open(url) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url, { waitUntil: "load" });
      return {
        evaluate: (expression) => page.evaluate(expression),
        close: () => page.close({ runBeforeUnload: false }),
      };
    },
    async kill() {
      const gone = new Promise<void>((resolve) => browser.once("disconnected", () => resolve()));
      signalTree(pid, "SIGKILL");
      await gone;
    },
    freeze: () => signalTree(pid, "SIGSTOP"),
    async close() {
      signalTree(pid, "SIGCONT");
      await server.close();
    },
  };
}
