import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { TrackReport } from "../webrtc/mediaSession.ts";

/** Media has stopped after this silence. A camera that is switched off still sends one frame per second. */
export const MEDIA_STOPPED_AFTER_MS = 1_500;
/** With audio, a shorter silence is enough: Opus sends every 20 ms, and every 400 ms during silence (DTX). */
export const AUDIO_STOPPED_AFTER_MS = 500;
/** How long to watch media after LEAVE. If it continues longer, the peer has only lost signalling. */
export const LEAVE_WATCH_MS = 5_000;
const LOOK_INTERVAL_MS = 100;

/** The silence after which these tracks have stopped. */
export function stoppedAfter(tracks: readonly Pick<TrackReport, "kind" | "counters">[]): number {
  const last = (ofThese: typeof tracks) =>
    Math.max(...ofThese.map(({ counters }) => counters.lastPacketUnixMs ?? Number.NEGATIVE_INFINITY));
  // A microphone that was switched off earlier gives no information about the end.
  const lastAudio = last(tracks.filter(({ kind }) => kind === "audio"));
  return lastAudio >= last(tracks) - AUDIO_STOPPED_AFTER_MS ? AUDIO_STOPPED_AFTER_MS : MEDIA_STOPPED_AFTER_MS;
}

/**
 * A peer that leaves signalling has closed its page, or has only lost signalling: then its media continues. Calls `onGone`
 * once, immediately if media has stopped already.
 *
 * @param stoppedAfterMs the silence after which media has stopped.
 * @returns a function that stops the watch.
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
