import { EventEmitter } from "node:events";
import type { Clock } from "../../clock.ts";
import { type CallId, type LegId, type MediaConnectionId, newCallId, newLegId } from "../../ids.ts";
import type { AudioSegment } from "../library/audioSegment.ts";
import type { Library } from "../library/library.ts";
import {
  type Chat,
  type Film,
  type LegIn,
  type Live,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestLeg,
  type Preview,
} from "../library/manifest.ts";
import { readMetadata } from "./metadata.ts";
import { isOver } from "./view.ts";

/** A caller who returns within this time joins the same call. */
const REJOIN_WINDOW_MS = 10 * 60_000;

export interface Ringing extends Pick<LegIn<"ringing">, "peerId" | "recorderPeerId" | "mediaConnectionId" | "dialled"> {
  /** As received. */
  metadata: unknown;
}

interface OpenCall {
  manifest: Manifest;
  lastChangeMs: number;
  /** Settles when the newest manifest is on disk. */
  written: Promise<void>;
  /** The manifest on disk is missing or older. */
  isUnwritten: boolean;
}

/**
 * Holds running and recently ended calls in memory. Every change is written to the manifest before its promise
 * resolves; older calls are read from disk.
 */
export class CallBook extends EventEmitter<{
  change: [Manifest];
  removed: [CallId];
  /** A live audio segment of a call was written. */
  audio: [AudioSegment & { callId: CallId }];
}> {
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #open = new Map<CallId, OpenCall>();
  readonly #amending = new Map<CallId, Promise<void>>();

  constructor(library: Library, clock: Clock) {
    super();
    this.setMaxListeners(0); // one for each open console
    this.#library = library;
    this.#clock = clock;
  }

  /** Creates a leg, in the running call with the same key or in a new call. */
  async ring({ metadata, ...ringing }: Ringing): Promise<{ callId: CallId; leg: LegIn<"ringing"> }> {
    this.#forgetOld();
    const now = this.#clock.now();
    const { key, kept } = readMetadata(metadata);
    const leg: LegIn<"ringing"> = {
      ...ringing,
      state: "ringing",
      id: newLegId(now),
      metadata: kept,
      ringingAt: now.toISOString(),
    };
    const callId = this.#find(key) ?? this.#begin(key, now);
    // A write error is ignored here: it occurs again before the leg is answered, and then ends the leg.
    await this.record(callId, leg).catch(() => undefined);
    return { callId, leg };
  }

  /**
   * Creates a leg for further tracks of a leg's caller, in the same call.
   *
   * @param mediaConnectionId of these tracks.
   */
  async ringBeside(
    callId: CallId,
    { id: beside, peerId, recorderPeerId, metadata }: ManifestLeg,
    mediaConnectionId: MediaConnectionId,
  ): Promise<LegIn<"ringing">> {
    const now = this.#clock.now();
    const leg: LegIn<"ringing"> = {
      ...{ peerId, recorderPeerId, metadata, mediaConnectionId, beside },
      state: "ringing",
      id: newLegId(now),
      ringingAt: now.toISOString(),
    };
    await this.record(callId, leg).catch(() => undefined); // as in `ring`
    return leg;
  }

  /**
   * Records a leg's new state in its call; it is visible in memory and to listeners even if the write fails.
   *
   * @throws the file system's error.
   */
  async record(callId: CallId, leg: ManifestLeg): Promise<void> {
    const call = this.#open.get(callId);
    if (!call) throw new Error(`call ${callId} is not open`);
    const { legs } = call.manifest;
    const isKnown = legs.some(({ id }) => id === leg.id);
    call.manifest = {
      ...call.manifest,
      legs: isKnown ? legs.map((one) => (one.id === leg.id ? leg : one)) : [...legs, leg],
    };
    call.lastChangeMs = this.#clock.now().getTime();
    this.emit("change", call.manifest);
    await this.#write(call);
  }

  /** Retries failed writes, so that manifests on disk become current when the volume works again. */
  async catchUp(): Promise<void> {
    for (const call of this.#open.values()) if (call.isUnwritten) await this.#write(call);
  }

  /** Serialises writes, each with the newest state, so that a manifest is never replaced by an older one. */
  #write(call: OpenCall): Promise<void> {
    call.isUnwritten = true;
    call.written = call.written
      .catch(() => undefined)
      .then(async () => {
        const { manifest } = call;
        await this.#library.writeManifest(manifest);
        call.isUnwritten = call.manifest !== manifest;
      });
    return call.written;
  }

  /**
   * Adds a film to its call's manifest. The call may have ended long ago.
   *
   * @throws the file system's error.
   */
  async recordFilm(callId: CallId, film: Film): Promise<void> {
    await this.#amend(callId, ({ previews: { [film.file.name]: _, ...previews } = {}, ...manifest }) => ({
      ...manifest,
      film,
      ...(Object.keys(previews).length > 0 && { previews }), // without the preview of an earlier film
    }));
  }

  /**
   * Adds the preview of a recording or a film to its call's manifest.
   *
   * @param name of the previewed file.
   * @throws the file system's error.
   */
  async recordPreview(callId: CallId, name: string, preview: Preview): Promise<void> {
    await this.#amend(callId, (manifest) => ({ ...manifest, previews: { ...manifest.previews, [name]: preview } }));
  }

  /**
   * Adds the names of the chat files to a call's manifest.
   *
   * @throws the file system's error.
   */
  async recordChat(callId: CallId, chat: Chat): Promise<void> {
    await this.#amend(callId, (manifest) => ({ ...manifest, chat }));
  }

  /**
   * Adds the live stream to a call's manifest.
   *
   * @throws the file system's error.
   */
  async recordLive(callId: CallId, live: Live): Promise<void> {
    await this.#amend(callId, (manifest) => ({ ...manifest, live }));
  }

  /** Adds the results of follow-up work. The call may have ended long ago. */
  async #amend(callId: CallId, change: (manifest: Manifest) => Manifest): Promise<void> {
    const call = this.#open.get(callId);
    if (call) {
      call.manifest = change(call.manifest);
      this.emit("change", call.manifest);
      await this.#write(call);
      return;
    }
    // Serialised, because each change is based on the manifest written by the previous one.
    const amended = (this.#amending.get(callId) ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        const known = await this.#library.readManifest(callId);
        if (!known) return;
        const manifest = change(known);
        await this.#library.writeManifest(manifest);
        this.emit("change", manifest);
      });
    this.#amending.set(callId, amended);
    try {
      await amended;
    } finally {
      if (this.#amending.get(callId) === amended) this.#amending.delete(callId);
    }
  }

  /** Whether a caller with the same key would still join this call. */
  mayBeRejoined({ key, legs }: Manifest): boolean {
    const ends = legs.flatMap((leg) => ("endedAt" in leg ? [Date.parse(leg.endedAt)] : []));
    return key !== null && this.#clock.now().getTime() - Math.max(0, ...ends) < REJOIN_WINDOW_MS;
  }

  /** Continues a call of an earlier process. */
  adopt(manifest: Manifest): void {
    this.#open.set(manifest.id, {
      manifest,
      lastChangeMs: this.#clock.now().getTime(),
      written: Promise.resolve(),
      isUnwritten: false,
    });
  }

  /** Closes a call that has ended: the next caller with its key starts a new call. */
  async close(id: CallId): Promise<void> {
    const call = this.#open.get(id);
    this.#open.delete(id);
    await call?.written.catch(() => undefined);
  }

  async get(id: CallId): Promise<Manifest | undefined> {
    return this.#open.get(id)?.manifest ?? (await this.#library.readManifest(id));
  }

  leg(callId: CallId, legId: LegId): ManifestLeg | undefined {
    return this.#open.get(callId)?.manifest.legs.find(({ id }) => id === legId);
  }

  /** Whether a leg for this connection exists: gateway events may be delivered twice. */
  knows(mediaConnectionId: string): boolean {
    return [...this.#open.values()].some(({ manifest }) =>
      manifest.legs.some((leg) => leg.mediaConnectionId === mediaConnectionId),
    );
  }

  /** Calls with a running leg, newest first. Only these can be in a state that is not final. */
  running(): Manifest[] {
    return [...this.#open.values()]
      .map(({ manifest }) => manifest)
      .filter(({ legs }) => legs.some(({ state }) => !isOver(state)))
      .sort(newestFirst);
  }

  /** All calls, newest first; only those older than `before` if it is given. */
  async *all(before?: CallId): AsyncGenerator<Manifest> {
    // A call whose manifest is not written yet exists in memory only.
    const unwritten = [...this.#open.values()].map(({ manifest }) => manifest).sort(newestFirst);
    const isWanted = ({ id }: Manifest) => before === undefined || id < before;
    for await (const id of this.#library.callIds(before)) {
      while (unwritten[0] && unwritten[0].id >= id) {
        const open = unwritten.shift();
        if (open && open.id !== id && isWanted(open)) yield open;
      }
      const manifest = await this.get(id);
      if (manifest) yield manifest;
    }
    yield* unwritten.filter(isWanted);
  }

  #begin(key: string | null, now: Date): CallId {
    const id = newCallId(now);
    this.adopt({ version: MANIFEST_VERSION, id, key, startedAt: now.toISOString(), legs: [] });
    return id;
  }

  #find(key: string | null): CallId | undefined {
    if (key === null) return undefined;
    for (const [id, { manifest }] of this.#open) if (manifest.key === key) return id;
    return undefined;
  }

  #forgetOld(): void {
    const limit = this.#clock.now().getTime() - REJOIN_WINDOW_MS;
    for (const [id, { manifest, lastChangeMs, isUnwritten }] of this.#open) {
      if (lastChangeMs < limit && !isUnwritten && manifest.legs.every(({ state }) => isOver(state)))
        this.#open.delete(id);
    }
  }
}

const newestFirst = (a: Manifest, b: Manifest): number => (a.id < b.id ? 1 : -1);
