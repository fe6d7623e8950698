import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a program and yields its stdout in chunks. @throws Error with its stderr if it fails. */
export async function* output(program: string, args: readonly string[]): AsyncGenerator<Buffer> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-4_000);
  });
  const closed = once(child, "close");
  for await (const chunk of child.stdout) yield chunk as Buffer;
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${words}`);
}

export async function text(program: string, args: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of output(program, args)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Runs a program with this input on stdin. */
export async function feed(program: string, args: readonly string[], input: Iterable<Uint8Array>): Promise<void> {
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "pipe"] });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-4_000);
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined);
  for (const chunk of input) if (!child.stdin.write(chunk)) await once(child.stdin, "drain");
  child.stdin.end();
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${words}`);
}
