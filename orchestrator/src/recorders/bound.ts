import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { RecorderError } from "../errors.ts";

/** A cold start takes 0.5 s, several at once on a busy host some seconds. */
const BOUND_TIMEOUT_MS = 15_000;
const LAST_WORDS_CHARACTERS = 300;

const Line = z.object({ event: z.string() });

/**
 * Waits until a recorder says that its ports are bound: what is sent to it from then on is recorded.
 *
 * @returns its address.
 * @throws RecorderError RECORDER_NOT_BOUND, with its last words.
 */
export async function bound(engine: Engine, containerId: string): Promise<string> {
  for await (const line of engine.lines(containerId, AbortSignal.timeout(BOUND_TIMEOUT_MS))) {
    if (!saysBound(line)) continue;
    const address = (await engine.inspect(containerId))?.address;
    if (address) return address;
    break;
  }
  const { stderr } = await engine.output(containerId);
  throw new RecorderError("RECORDER_NOT_BOUND", stderr.trim().slice(-LAST_WORDS_CHARACTERS));
}

/** One of the record script's lines; anything else that may be said there means nothing. */
export function saysBound(line: string): boolean {
  try {
    return Line.parse(JSON.parse(line)).event === "bound";
  } catch {
    return false;
  }
}
