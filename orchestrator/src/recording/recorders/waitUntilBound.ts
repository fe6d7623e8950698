import { RecorderError } from "../../errors.ts";
import type { Engine } from "../engine/engine.ts";
import { isEvent } from "./events.ts";

/** A cold start takes 0.5 s; several concurrent starts on a busy host take some seconds. */
const BOUND_TIMEOUT_MS = 15_000;
const STDERR_TAIL_CHARACTERS = 300;
/** Mount point of the volume in every recorder. */
const RECORDINGS = "/recordings/";

/**
 * Waits until a recorder reports that its ports are bound: media sent to it from then on is recorded.
 *
 * @throws RecorderError RECORDER_NOT_BOUND or STORAGE_UNAVAILABLE, with the end of its stderr.
 */
export async function waitUntilBound(engine: Engine, containerId: string): Promise<void> {
  for await (const line of engine.lines(containerId, AbortSignal.timeout(BOUND_TIMEOUT_MS))) {
    if (isEvent("bound", line)) return;
  }
  const { stderr } = await engine.output(containerId);
  const stderrTail = stderr.trim().slice(-STDERR_TAIL_CHARACTERS);
  // Errors that mention the recordings folder are volume errors.
  throw new RecorderError(stderrTail.includes(RECORDINGS) ? "STORAGE_UNAVAILABLE" : "RECORDER_NOT_BOUND", stderrTail);
}
