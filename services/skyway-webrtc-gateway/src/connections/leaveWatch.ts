import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { TrackReport } from "../webrtc/mediaSession.ts";

/** No media for so long means that it has stopped: a camera that is switched off still sends a frame a second. */
export const MEDIA_STOPPED_AFTER_MS = 1_500;
/** Where there is sound it is sooner sure: Opus comes every 20 ms, and every 400 ms in a silence it leaves out (DTX). */
export const SOUND_STOPPED_AFTER_MS = 500;
/** So long after LEAVE media is watched; a call that goes on for longer has lost its signalling only. */
export const LEAVE_WATCH_MS = 5_000;
const LOOK_INTERVAL_MS = 100;

/** How long nothing may come of these tracks before it is sure that they have stopped. */
export function stoppedAfter(tracks: readonly Pick<TrackReport, "kind" | "counters">[]): number {
  const last = (ofThese: typeof tracks) =>
    Math.max(...ofThese.map(({ counters }) => counters.lastPacketUnixMs ?? Number.NEGATIVE_INFINITY));
  // A microphone that was switched off long before the end says nothing about it.
  const sound = last(tracks.filter(({ kind }) => kind === "audio"));
  return sound >= last(tracks) - SOUND_STOPPED_AFTER_MS ? SOUND_STOPPED_AFTER_MS : MEDIA_STOPPED_AFTER_MS;
}

/**
 * A peer that leaves signalling has closed its page, or has lost signalling only: media tells. Calls `onGone` once,
 * at once if media is gone already.
 *
 * @param stoppedAfterMs how long nothing may come before media counts as gone.
 * @returns what stops the watch.
 */
export function watchAfterLeave(
  mediaFlowing: (withinMs: number) => boolean,
  stoppedAfterMs: number,
  onGone: () => void,
  clock: Clock,
): () => void {
  const until = clock.now() + LEAVE_WATCH_MS;
  let cancel = () => {};
  const look = () => {
    if (!mediaFlowing(stoppedAfterMs)) onGone();
    else if (clock.now() < until) cancel = clock.after(LOOK_INTERVAL_MS, look);
  };
  look();
  return () => cancel();
}
