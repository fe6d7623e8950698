import type { Logger } from "pino";
import type { ManifestFile, ManifestLeg } from "../../archive/library/manifest.ts";
import { type CallId, type LegId, type RecorderId, recorderIdOf } from "../../ids.ts";
import type { EndReason } from "./ending.ts";
import { LegFiles, withFiles } from "./legFiles.ts";
import type { LegServices } from "./legServices.ts";
import { allRecordersOf } from "./parts.ts";

/** One leg's own surroundings. */
export class LegContext {
  readonly callId: CallId;
  readonly legId: LegId;
  readonly services: LegServices;
  readonly files = new LegFiles();
  /** undefined when the gateway cannot turn a call to another recorder. */
  rollsOverAgainAtMs: number | undefined = 0;
  #lastPart = 1;
  /** Aborts when the leg is to end; its reason is an EndReason. */
  readonly stop: AbortSignal;
  readonly log: Logger;

  constructor(callId: CallId, legId: LegId, services: LegServices, stop: AbortSignal) {
    this.callId = callId;
    this.legId = legId;
    this.services = services;
    this.stop = stop;
    this.log = services.log.child({ callId, legId });
  }

  get stopReason(): EndReason {
    return this.stop.reason as EndReason;
  }

  get isShuttingDown(): boolean {
    return this.stop.aborted && this.stopReason === "shutdown";
  }

  /** For a recorder that this leg has not had yet. */
  nextRecorderId(leg: ManifestLeg): RecorderId {
    const parts = allRecordersOf(leg).map((id) => Number(id.slice(id.lastIndexOf("-p") + 2)));
    this.#lastPart = Math.max(this.#lastPart, ...parts) + 1;
    return recorderIdOf(this.legId, this.#lastPart);
  }

  /**
   * Makes known what became of one of the leg's files, whatever the leg itself is doing.
   *
   * @throws the file system's error.
   */
  async recordFile(number: number, file: ManifestFile): Promise<void> {
    this.files.replace(number, file);
    const leg = this.services.calls.leg(this.callId, this.legId);
    if (leg) await this.services.calls.record(this.callId, withFiles(leg, this.files.all));
  }

  /**
   * Makes a leg's new state known. A volume that cannot be written for a moment does not end a recording: the API
   * and the next state that is written tell the same.
   */
  async write<Leg extends ManifestLeg>(leg: Leg): Promise<Leg> {
    const written = withFiles(leg, this.files.all);
    try {
      await this.services.calls.record(this.callId, written);
    } catch (error) {
      this.log.error({ code: "STORAGE_UNAVAILABLE", state: leg.state, err: error }, "manifest not written");
    }
    return written;
  }
}
