import { spawn } from "node:child_process";
import { REPOSITORY } from "./settings.ts";

export interface Finished {
  /** Exit code; null if a signal ended the program. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Written to its standard input. */
  input?: string;
  /** Prints the output while the program runs, for steps that take minutes. */
  show?: boolean;
  /** Milliseconds until SIGKILL; default 60 s. */
  limitMs?: number;
}

const DEFAULT_LIMIT_MS = 60_000;

/** Runs a program in the repository's root. Resolves when it has ended, with any exit code. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.limitMs ?? DEFAULT_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  // A program may end without reading its input; only its exit code counts.
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

/** Like `run`, but throws with the program's output unless the exit code is 0. */
export async function runOrThrow(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}
