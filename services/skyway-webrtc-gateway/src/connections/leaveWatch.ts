import type { Clock } from "../clock.ts";

/** No media for so long means that it has stopped: a camera that is switched off still sends a frame a second. */
export const MEDIA_STOPPED_AFTER_MS = 1_500;
/** So long after LEAVE media is watched; a call that goes on for longer has lost its signalling only. */
export const LEAVE_WATCH_MS = 5_000;
const LOOK_INTERVAL_MS = 100;

/**
 * A peer that leaves signalling has closed its page, or has lost signalling only: media tells. Calls `onGone` once,
 * at once if media is gone already.
 *
 * @returns what stops the watch.
 */
export function watchAfterLeave(
  mediaFlowing: (withinMs: number) => boolean,
  onGone: () => void,
  clock: Clock,
): () => void {
  const until = clock.now() + LEAVE_WATCH_MS;
  let cancel = () => {};
  const look = () => {
    if (!mediaFlowing(MEDIA_STOPPED_AFTER_MS)) onGone();
    else if (clock.now() < until) cancel = clock.after(LOOK_INTERVAL_MS, look);
  };
  look();
  return () => cancel();
}
