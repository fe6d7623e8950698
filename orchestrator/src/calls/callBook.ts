import { EventEmitter } from "node:events";
import { type CallId, type LegId, newCallId, newLegId } from "../ids.ts";
import type { Library } from "../library/library.ts";
import { type LegIn, MANIFEST_VERSION, type Manifest, type ManifestLeg } from "../library/manifest.ts";
import { callKey, keptMetadata } from "./metadata.ts";
import { isOver } from "./view.ts";

/** A caller who comes back within this time is in the same call. */
const REJOIN_WINDOW_MS = 10 * 60_000;

export type Ringing = Pick<LegIn<"ringing">, "peerId" | "metadata" | "recorderPeerId" | "mediaConnectionId">;

interface OpenCall {
  manifest: Manifest;
  lastChangeMs: number;
  written: Promise<void>;
}

/**
 * The calls that go on, or did a moment ago. Every change of a leg is in its manifest on disk before the promise
 * of the change resolves; finished calls are read from there.
 */
export class CallBook extends EventEmitter<{ change: [Manifest] }> {
  readonly #library: Library;
  readonly #now: () => Date;
  readonly #open = new Map<CallId, OpenCall>();

  constructor(library: Library, now: () => Date = () => new Date()) {
    super();
    this.setMaxListeners(0);
    this.#library = library;
    this.#now = now;
  }

  /** A new leg, in a new call or in the running one with the same key. */
  async ring(ringing: Ringing): Promise<{ callId: CallId; leg: LegIn<"ringing"> }> {
    this.#forgetOld();
    const now = this.#now();
    const key = callKey(ringing.metadata);
    const leg: LegIn<"ringing"> = {
      ...ringing,
      state: "ringing",
      id: newLegId(now),
      metadata: keptMetadata(ringing.metadata),
      ringingAt: now.toISOString(),
    };
    const callId = this.#find(key) ?? this.#begin(key, now);
    await this.record(callId, leg);
    return { callId, leg };
  }

  /** Puts a leg's new state into its call. */
  async record(callId: CallId, leg: ManifestLeg): Promise<void> {
    const call = this.#open.get(callId);
    if (!call) throw new Error(`call ${callId} is not open`);
    const legs = call.manifest.legs.filter(({ id }) => id !== leg.id);
    const at = call.manifest.legs.findIndex(({ id }) => id === leg.id);
    legs.splice(at < 0 ? legs.length : at, 0, leg);
    call.manifest = { ...call.manifest, legs };
    call.lastChangeMs = this.#now().getTime();
    this.emit("change", call.manifest);
    // One write after another, each of the newest state: a manifest is never older than what it replaces.
    call.written = call.written.catch(() => undefined).then(() => this.#library.writeManifest(call.manifest));
    await call.written;
  }

  /** Takes a call of an earlier life up again. */
  adopt(manifest: Manifest): void {
    this.#open.set(manifest.id, { manifest, lastChangeMs: this.#now().getTime(), written: Promise.resolve() });
  }

  async get(id: CallId): Promise<Manifest | undefined> {
    return this.#open.get(id)?.manifest ?? (await this.#library.readManifest(id));
  }

  leg(callId: CallId, legId: LegId): ManifestLeg | undefined {
    return this.#open.get(callId)?.manifest.legs.find(({ id }) => id === legId);
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
    const limit = this.#now().getTime() - REJOIN_WINDOW_MS;
    for (const [id, { manifest, lastChangeMs }] of this.#open) {
      if (lastChangeMs < limit && manifest.legs.every(({ state }) => isOver(state))) this.#open.delete(id);
    }
  }
}
