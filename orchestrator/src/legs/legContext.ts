import type { Logger } from "pino";
import type { CallId, LegId } from "../ids.ts";
import type { ManifestLeg } from "../library/manifest.ts";
import type { EndReason } from "./ending.ts";
import type { Rooms } from "./rooms.ts";

/** One leg's own surroundings. */
export class LegContext {
  readonly callId: CallId;
  readonly rooms: Rooms;
  /** Aborts when the leg is to end; its reason is an EndReason. */
  readonly stop: AbortSignal;
  readonly log: Logger;

  constructor(callId: CallId, legId: LegId, rooms: Rooms, stop: AbortSignal) {
    this.callId = callId;
    this.rooms = rooms;
    this.stop = stop;
    this.log = rooms.log.child({ callId, legId });
  }

  get stopReason(): EndReason {
    return this.stop.reason as EndReason;
  }

  get isShuttingDown(): boolean {
    return this.stop.aborted && this.stopReason === "shutdown";
  }

  /**
   * Makes a leg's new state known. A volume that cannot be written for a moment does not end a recording: the API
   * and the next state that is written tell the same.
   */
  async write<Leg extends ManifestLeg>(leg: Leg): Promise<Leg> {
    try {
      await this.rooms.calls.record(this.callId, leg);
    } catch (error) {
      this.log.error({ code: "STORAGE_UNAVAILABLE", state: leg.state, err: error }, "manifest not written");
    }
    return leg;
  }
}
