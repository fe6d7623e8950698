import type { CallEnd } from "../connections/callEnd.ts";
import { noCounts } from "../rtp/counters.ts";
import type { Kind, TrackCounters, TrackReport } from "../webrtc/mediaSession.ts";

/** The track counters that are summed up, without times. */
export type CountedField = Exclude<keyof TrackCounters, "lastPacketUnixMs" | "lastMediaUnixMs" | "lastReportUnixMs">;

export type Totals = Record<Kind, Record<CountedField, number>>;

/** Totals of ended calls, so that totals do not decrease when connections are removed. */
export class MediaTotals {
  readonly #ended: Totals = { audio: noTotals(), video: noTotals() };
  /** Ended calls by reason. */
  readonly ends = new Map<CallEnd, number>();
  /** Calls that were answered but never connected. */
  failedConnects = 0;

  /** Call this once for each ended call. */
  add(tracks: readonly TrackReport[], reason: CallEnd, hasConnected: boolean): void {
    this.addTracks(tracks);
    this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
    if (reason === "ice_failed" && !hasConnected) this.failedConnects++;
  }

  /** For additional tracks of a call: they are not a call of their own. */
  addTracks(tracks: readonly TrackReport[]): void {
    sumUp(this.#ended, tracks);
  }

  /** The totals of all calls, including running ones. */
  with(running: Iterable<readonly TrackReport[]>): Totals {
    const totals: Totals = { audio: { ...this.#ended.audio }, video: { ...this.#ended.video } };
    for (const tracks of running) sumUp(totals, tracks);
    return totals;
  }
}

function sumUp(totals: Totals, tracks: readonly TrackReport[]): void {
  for (const { kind, counters } of tracks) {
    for (const field of Object.keys(totals[kind]) as CountedField[]) totals[kind][field] += counters[field];
  }
}

function noTotals(): Record<CountedField, number> {
  const { lastPacketUnixMs: _, lastMediaUnixMs: __, lastReportUnixMs: ___, ...totals } = noCounts();
  return totals;
}
