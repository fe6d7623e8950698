import type { Engine } from "../engine/engine.ts";
import { RecorderError } from "../errors.ts";
import { says } from "./events.ts";

/** A cold start takes 0.5 s, several at once on a busy host some seconds. */
const BOUND_TIMEOUT_MS = 15_000;
const LAST_WORDS_CHARACTERS = 300;

/**
 * Waits until a recorder says that its ports are bound: what is sent to it from then on is recorded.
 *
 * @returns its address.
 * @throws RecorderError RECORDER_NOT_BOUND, with its last words.
 */
export async function bound(engine: Engine, containerId: string): Promise<string> {
  for await (const line of engine.lines(containerId, AbortSignal.timeout(BOUND_TIMEOUT_MS))) {
    if (!says("bound", line)) continue;
    const address = (await engine.inspect(containerId))?.address;
    if (address) return address;
    break;
  }
  const { stderr } = await engine.output(containerId);
  throw new RecorderError("RECORDER_NOT_BOUND", stderr.trim().slice(-LAST_WORDS_CHARACTERS));
}
