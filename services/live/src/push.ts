import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PushTarget } from "./plan.ts";

const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 30_000;
/** After a connection that lasted this long, the retry delay is reset. */
const STABLE_MS = 10_000;
/** Maximum backlog. A receiver that is slower than the stream loses data. */
const BACKLOG_LIMIT_BYTES = 4 * 1024 * 1024;
/** Trusted certificate authorities, at Debian's path. */
const CA_FILE = "/etc/ssl/certs/ca-certificates.crt";
const REDACTED = "•••";
/** Only the beginning of ffmpeg's output is kept: the first error is the cause, the others are consequences. */
const STDERR_CHARACTERS = 2_000;
const REASON_CHARACTERS = 200;
/** ffmpeg's prefix with the name of the component. */
const COMPONENT_PREFIX = /^\[[^\]]*\] */;

export type PushState = "connecting" | "pushing" | "waiting";

/** Pushes the stream to another server, and reconnects whenever the connection ends. */
export class Push {
  readonly #target: PushTarget;
  readonly #report: (event: Record<string, unknown>) => void;
  readonly #folder = mkdtempSync(join(tmpdir(), "push-"));
  #process: ChildProcess | undefined;
  #state: PushState | undefined;
  #reason = "";
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(target: PushTarget, report: (event: Record<string, unknown>) => void) {
    this.#target = target;
    this.#report = report;
    this.#begin();
  }

  /** @param chunk of the stream as MPEG-TS. */
  write(chunk: Buffer): void {
    const stdin = this.#process?.stdin;
    if (stdin?.writable && stdin.writableLength < BACKLOG_LIMIT_BYTES) stdin.write(chunk);
  }

  /** Ends the push after everything that was written has been sent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    if (this.#process) this.#process.stdin?.end();
    else rmSync(this.#folder, { recursive: true, force: true });
  }

  #begin(): void {
    const { url, format, verifyCertificate } = this.#target;
    this.#setState("connecting");
    const beganMs = Date.now();
    const input = ["-hide_banner", "-loglevel", "error", "-f", "mpegts", "-i", "pipe:0"];
    const tls = verifyCertificate ? ["-tls_verify", "1", "-ca_file", CA_FILE] : [];
    const secrets = ["-fpre", this.#preset()];
    const output = ["-map", "0", "-c", "copy", ...secrets, ...tls, "-f", format, "-progress", "pipe:1", url];
    const child = spawn("ffmpeg", [...input, ...output], { stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    child.stdin.on("error", () => undefined); // the exit is handled below
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (/^total_size=[1-9]/.test(line)) this.#setState("pushing");
    });
    let errorOutput = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errorOutput = `${errorOutput}${chunk}`.slice(0, STDERR_CHARACTERS);
    });
    child.once("close", () => {
      this.#process = undefined;
      if (this.#isClosed) {
        rmSync(this.#folder, { recursive: true, force: true });
        return;
      }
      if (Date.now() - beganMs > STABLE_MS) this.#pauseMs = FIRST_PAUSE_MS;
      this.#reason = reasonIn(this.#withoutSecrets(errorOutput));
      this.#setState("waiting");
      this.#retry = setTimeout(() => this.#begin(), this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LAST_PAUSE_MS);
    });
  }

  /** Writes the secrets to a private file, because other processes can read the command line. */
  #preset(): string {
    const path = join(this.#folder, "options.ffpreset");
    const lines = Object.entries(this.#target.options).map(([name, value]) => `${name}=${value}`);
    writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
    return path;
  }

  /** The reason of the last failure is reported until a connection succeeds. */
  #setState(state: PushState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === "pushing") this.#reason = "";
    this.#report({ event: "push", name: this.#target.name, state, ...(this.#reason && { reason: this.#reason }) });
  }

  #withoutSecrets(text: string): string {
    const { rtmp_app: _, ...secrets } = this.#target.options;
    return Object.values(secrets).reduce((result, secret) => result.replaceAll(secret, REDACTED), text);
  }
}

function reasonIn(errorOutput: string): string {
  const [first = ""] = errorOutput.trim().split("\n");
  return first.replace(COMPONENT_PREFIX, "").slice(0, REASON_CHARACTERS);
}
