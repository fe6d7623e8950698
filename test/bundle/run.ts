import { spawn } from "node:child_process";
import { REPOSITORY } from "./settings.ts";

export interface Finished {
  /** null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Written to its standard input. */
  input?: string;
  /** Passes the output on as it comes, for steps that take minutes. */
  show?: boolean;
  /** Milliseconds until SIGKILL; default 60 s. */
  limitMs?: number;
}

const DEFAULT_LIMIT_MS = 60_000;

/** Runs a program in the repository's root and resolves when it ended, whatever its exit code. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.limitMs ?? DEFAULT_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    if (options.show) process.stdout.write(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr.push(chunk);
    if (options.show) process.stderr.write(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** As `run`, and throws with everything the program said unless it ended with 0. */
export async function runOrThrow(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}
