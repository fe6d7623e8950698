import type { CallEnd } from "../connections/callEnd.ts";
import { noCounts } from "../rtp/counters.ts";
import type { Kind, TrackCounters, TrackReport } from "../webrtc/mediaSession.ts";

/** What is counted of every track; the time of its last packet is none of it. */
export type CountedField = Exclude<keyof TrackCounters, "lastPacketUnixMs">;

export type Totals = Record<Kind, Record<CountedField, number>>;

/** What calls that are over have left behind, so that totals go on when their connections are forgotten. */
export class MediaTotals {
  readonly #ended: Totals = { audio: noTotals(), video: noTotals() };
  /** Calls that ended, by why. */
  readonly ends = new Map<CallEnd, number>();
  /** Calls that were answered and never connected. */
  failedConnects = 0;

  /** To be called once for each call that has ended. */
  add(tracks: readonly TrackReport[], reason: CallEnd, hasConnected: boolean): void {
    sumUp(this.#ended, tracks);
    this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
    if (reason === "ice_failed" && !hasConnected) this.failedConnects++;
  }

  /** Of all calls there ever were, the running ones included. */
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
  const { lastPacketUnixMs: _, ...totals } = noCounts();
  return totals;
}
