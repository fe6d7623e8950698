import type { Logger } from "pino";
import type { ManifestFile, ManifestLeg } from "../../archive/library/manifest.ts";
import { type CallId, type LegId, type RecorderId, recorderIdOf } from "../../ids.ts";
import { NOTES, type NoteCode } from "../../notes.ts";
import type { EndReason } from "./ending.ts";
import { LegFiles, withFiles } from "./legFiles.ts";
import { LegNotes, type NoteFacts, withNotes } from "./legNotes.ts";
import type { LegServices } from "./legServices.ts";
import { allRecordersOf } from "./parts.ts";

/** The ids, services, files and stop signal of one leg. */
export class LegContext {
  readonly callId: CallId;
  readonly legId: LegId;
  readonly services: LegServices;
  readonly files = new LegFiles();
  readonly notes = new LegNotes();
  /** Time of the next possible rollover; undefined if the gateway cannot switch a call to another recorder. */
  nextRollOverAtMs: number | undefined = 0;
  #lastPart = 1;
  /** Aborts when the leg must end; its reason is an EndReason. */
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

  /** An id for a new recorder of this leg. */
  nextRecorderId(leg: ManifestLeg): RecorderId {
    const parts = allRecordersOf(leg).map((id) => Number(id.slice(id.lastIndexOf("-p") + 2)));
    this.#lastPart = Math.max(this.#lastPart, ...parts) + 1;
    return recorderIdOf(this.legId, this.#lastPart);
  }

  /**
   * Writes the result of one of the leg's files to the manifest, independent of the leg's state.
   *
   * @throws the file system's error.
   */
  async recordFile(number: number, file: ManifestFile): Promise<void> {
    this.files.replace(number, file);
    const leg = this.services.calls.leg(this.callId, this.legId);
    if (leg) await this.services.calls.record(this.callId, this.complete(leg));
  }

  /** Adds the leg's earlier files and its notes to its manifest entry. */
  complete<Leg extends ManifestLeg>(leg: Leg): Leg {
    return withNotes(withFiles(leg, this.files.all), this.notes);
  }

  /**
   * Adds a note to the leg and logs it; the manifest has it from the next time that it is written. A note that the leg
   * already has is not added again.
   */
  note(code: NoteCode, facts: NoteFacts = {}): void {
    if (!this.notes.add(code, facts)) return;
    const { at: _, ...details } = facts;
    this.log.warn({ code, ...details }, NOTES[code].message);
  }

  /**
   * Publishes a leg's new state. A write error does not end the recording: the API shows the new state, and the next
   * successful write includes it.
   */
  async write<Leg extends ManifestLeg>(leg: Leg): Promise<Leg> {
    const written = this.complete(leg);
    try {
      await this.services.calls.record(this.callId, written);
    } catch (error) {
      this.log.error({ code: "STORAGE_UNAVAILABLE", state: leg.state, err: error }, "manifest not written");
    }
    return written;
  }
}
