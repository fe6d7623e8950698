/** What the tests ask of a browser, whichever driver is behind it. */
export interface Browser {
  readonly name: BrowserName;
  /** Opens a tab and resolves when the page has loaded. */
  open(url: string): Promise<Tab>;
  /** SIGKILL to the browser and all its processes: nothing is said to anyone any more. */
  kill(): Promise<void>;
  /** SIGSTOP to all its processes: sockets stay open, and nothing moves. */
  freeze(): void;
  /** Ends the browser properly; does nothing when it is gone already. */
  close(): Promise<void>;
}

export interface Tab {
  /** Runs an expression in the page, awaits its promise, and returns its JSON value. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

export type BrowserName = "chromium" | "firefox";

/** Where Debian puts them; overridden by CHROMIUM_PATH and FIREFOX_PATH. */
export const EXECUTABLES: Record<BrowserName, string> = {
  chromium: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  firefox: process.env["FIREFOX_PATH"] ?? "/usr/bin/firefox-esr",
};
