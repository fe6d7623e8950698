import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { waitFor } from "./testing/waitFor.ts";

const SHUTDOWN = fileURLToPath(new URL("shutdown.ts", import.meta.url));

/** Starts a process with this `close`, sends it the signals, and returns its exit code and what it wrote. */
async function signalled(close: string, limitMs: number | undefined, signals: readonly NodeJS.Signals[]) {
  const program = `
    import { closeOnSignal } from ${JSON.stringify(SHUTDOWN)};
    const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    closeOnSignal(${close}, ${limitMs});
    setInterval(() => {}, 1_000);
    console.log("up");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  const output = { text: "" };
  const closed = once(child, "close");
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output.text += chunk));
  await waitFor("the process is up", () => output.text.includes("up"), 20_000);
  for (const signal of signals) {
    child.kill(signal);
    await waitFor("it closes", () => output.text.includes("closing"));
  }
  const [code] = await closed;
  return { code, text: output.text };
}

const SLOWLY = 'async (signal) => { console.log("closing", signal); await delay(200); console.log("closed"); }';

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s closes the service, then the process exits with 0",
  async (signal) => {
    const { code, text } = await signalled(SLOWLY, undefined, [signal]);

    expect(code).toBe(0);
    expect(text).toBe(`up\nclosing ${signal}\nclosed\n`);
  },
  30_000,
);

test("signals while it closes change nothing", async () => {
  const { code, text } = await signalled(SLOWLY, undefined, ["SIGTERM", "SIGTERM", "SIGINT"]);

  expect(code).toBe(0);
  expect(text).toBe("up\nclosing SIGTERM\nclosed\n");
}, 30_000);

test("a service that takes too long is left: the process exits with 1", async () => {
  const { code, text } = await signalled('async () => { console.log("closing"); await delay(60_000); }', 50, [
    "SIGTERM",
  ]);

  expect(code).toBe(1);
  expect(text).toBe("up\nclosing\n");
}, 30_000);

test("an error while it closes is shown: the process exits with 1", async () => {
  const close = 'async () => { console.log("closing"); throw new Error("the disk is gone"); }';
  const { code, text } = await signalled(close, undefined, ["SIGTERM"]);

  expect(code).toBe(1);
  expect(text).toContain("the disk is gone");
}, 30_000);
