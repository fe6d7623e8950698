/** The browser features that the tests use, independent of the driver. */
export interface Browser {
  readonly name: BrowserName;
  /** Opens a tab. Resolves when the page has loaded. */
  open(url: string): Promise<Tab>;
  /** Sends SIGKILL to the browser and all its processes: connections end without a close message. */
  kill(): Promise<void>;
  /** Sends SIGSTOP to all its processes: sockets stay open, but nothing is sent. */
  freeze(): void;
  /** Closes the browser properly; does nothing if it has already ended. */
  close(): Promise<void>;
}

export interface Tab {
  /** Runs an expression in the page, awaits its promise, and returns its JSON value. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

export type BrowserName = "chromium" | "firefox";

/** Debian's paths, or CHROMIUM_PATH and FIREFOX_PATH if set. */
export const EXECUTABLES: Record<BrowserName, string> = {
  chromium: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  firefox: process.env["FIREFOX_PATH"] ?? "/usr/bin/firefox-esr",
};
