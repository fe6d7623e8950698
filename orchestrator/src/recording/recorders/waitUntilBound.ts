import { RecorderError } from "../../errors.ts";
import type { Engine } from "../engine/engine.ts";
import { isEvent } from "./events.ts";

/** A cold start takes 0.5 s, several at once on a busy host some seconds. */
const BOUND_TIMEOUT_MS = 15_000;
const STDERR_TAIL_CHARACTERS = 300;
/** Where the volume is mounted in every recorder. */
const RECORDINGS = "/recordings/";

/**
 * Waits until a recorder says that its ports are bound: what is sent to it from then on is recorded.
 *
 * @returns its address.
 * @throws RecorderError RECORDER_NOT_BOUND, or STORAGE_UNAVAILABLE, with its last words.
 */
export async function waitUntilBound(engine: Engine, containerId: string): Promise<string> {
  for await (const line of engine.lines(containerId, AbortSignal.timeout(BOUND_TIMEOUT_MS))) {
    if (!isEvent("bound", line)) continue;
    const address = (await engine.inspect(containerId))?.address;
    if (address) return address;
    break;
  }
  const { stderr } = await engine.output(containerId);
  const words = stderr.trim().slice(-STDERR_TAIL_CHARACTERS);
  // What it could not write is the volume's fault: no other host, and no other limit, would help.
  throw new RecorderError(words.includes(RECORDINGS) ? "STORAGE_UNAVAILABLE" : "RECORDER_NOT_BOUND", words);
}
