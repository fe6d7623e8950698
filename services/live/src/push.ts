import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PushTarget } from "./plan.ts";

const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 30_000;
/** A connection that held so long was one: the next attempt begins at once. */
const HELD_MS = 10_000;
/** A receiver that is slower than the stream misses some of it. */
const WAITING_LIMIT_BYTES = 4 * 1024 * 1024;
/** Who is trusted, as Debian has it. */
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";
const HIDDEN = "•••";
/** What ffmpeg says first is why; what comes after is what follows from it. */
const WORDS_CHARACTERS = 2_000;
const REASON_CHARACTERS = 200;
/** Who in ffmpeg says it. */
const SPEAKER = /^\[[^\]]*\] */;

export type PushState = "connecting" | "pushing" | "waiting";

/** Hands the stream to a server elsewhere, and begins again whenever that ends. */
export class Push {
  readonly #target: PushTarget;
  readonly #say: (event: Record<string, unknown>) => void;
  readonly #folder = mkdtempSync(join(tmpdir(), "push-"));
  #process: ChildProcess | undefined;
  #state: PushState | undefined;
  #reason = "";
  #pauseMs = FIRST_PAUSE_MS;
  #again: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(target: PushTarget, say: (event: Record<string, unknown>) => void) {
    this.#target = target;
    this.#say = say;
    this.#begin();
  }

  /** @param chunk of the stream as MPEG-TS. */
  write(chunk: Buffer): void {
    const stdin = this.#process?.stdin;
    if (stdin?.writable && stdin.writableLength < WAITING_LIMIT_BYTES) stdin.write(chunk);
  }

  /** What is written by now is still sent. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#again);
    if (this.#process) this.#process.stdin?.end();
    else rmSync(this.#folder, { recursive: true, force: true });
  }

  #begin(): void {
    const { url, format, verifyCertificate } = this.#target;
    this.#become("connecting");
    const beganMs = Date.now();
    const input = ["-hide_banner", "-loglevel", "error", "-f", "mpegts", "-i", "pipe:0"];
    const tls = verifyCertificate ? ["-tls_verify", "1", "-ca_file", AUTHORITIES] : [];
    const secrets = ["-fpre", this.#preset()];
    const output = ["-map", "0", "-c", "copy", ...secrets, ...tls, "-f", format, "-progress", "pipe:1", url];
    const child = spawn("ffmpeg", [...input, ...output], { stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    child.stdin.on("error", () => undefined); // its end says why
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (/^total_size=[1-9]/.test(line)) this.#become("pushing");
    });
    let words = "";
    child.stderr.on("data", (said: Buffer) => {
      words = `${words}${said}`.slice(0, WORDS_CHARACTERS);
    });
    child.once("close", () => {
      this.#process = undefined;
      if (this.#isOver) {
        rmSync(this.#folder, { recursive: true, force: true });
        return;
      }
      if (Date.now() - beganMs > HELD_MS) this.#pauseMs = FIRST_PAUSE_MS;
      this.#reason = reasonIn(this.#withoutSecrets(words));
      this.#become("waiting");
      this.#again = setTimeout(() => this.#begin(), this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LAST_PAUSE_MS);
    });
  }

  /** What is nobody's business stands in a file that is ours alone, and not on a command line that others can read. */
  #preset(): string {
    const path = join(this.#folder, "options.ffpreset");
    const lines = Object.entries(this.#target.options).map(([name, value]) => `${name}=${value}`);
    writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
    return path;
  }

  /** Why the last attempt failed is told until one does not. */
  #become(state: PushState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === "pushing") this.#reason = "";
    this.#say({ event: "push", name: this.#target.name, state, ...(this.#reason && { reason: this.#reason }) });
  }

  #withoutSecrets(text: string): string {
    const { rtmp_app: _, ...secrets } = this.#target.options;
    return Object.values(secrets).reduce((said, secret) => said.replaceAll(secret, HIDDEN), text);
  }
}

function reasonIn(words: string): string {
  const [first = ""] = words.trim().split("\n");
  return first.replace(SPEAKER, "").slice(0, REASON_CHARACTERS);
}
