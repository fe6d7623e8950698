import { setTimeout as wait } from "node:timers/promises";
import type { ReceivedMedia } from "./answerPlan.ts";
import { describeCodec } from "./codecDescription.ts";
import { HELD_MEDIA_LIMIT_MS, HeldMedia, NOT_WANTED } from "./heldMedia.ts";
import type {
  AdditionalMedia,
  EndReason,
  Kind,
  Redirects,
  SeamlessRedirectListeners,
  TrackReport,
} from "./mediaSession.ts";
import type { TrackGroup } from "./trackGroup.ts";

/** Additional tracks of a call, as a group of their own. */
export class AdditionalTracks implements AdditionalMedia {
  readonly group: TrackGroup;
  readonly #now: () => number;
  readonly #held = new HeldMedia();
  /** The m-lines that send it now. */
  mids: readonly string[] = [];
  /** It was announced: there is something to record. */
  isAnnounced = false;
  #ending: Promise<void> | undefined;
  onEnded: AdditionalMedia["onEnded"] = () => undefined;

  constructor(group: TrackGroup, now: () => number) {
    this.group = group;
    this.#now = now;
    group.redirect({}, now());
    this.#held.set(true);
  }

  get kinds(): readonly Kind[] {
    return this.group.kinds;
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  /** Nothing is received any more. */
  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether a track of this kind can join: there is none, or its m-line has stopped. */
  hasRoomFor(kind: Kind): boolean {
    return !this.isOver && !this.group.media.some((one) => one.kind === kind && this.mids.includes(one.media.mid));
  }

  take(media: ReceivedMedia): void {
    this.group.take(media);
    if (!this.mids.includes(media.media.mid)) this.mids = [...this.mids, media.media.mid];
  }

  /** Each track with the codec that it is received with. */
  tracks(): TrackReport[] {
    return this.group.media.flatMap(({ kind, codec }) => this.group.track(kind, [describeCodec(codec)]) ?? []);
  }

  requestKeyframe(kind: Kind): void {
    this.group.requestKeyframe(kind);
  }

  redirect(redirects: Redirects): void {
    this.group.redirect(redirects, this.#now());
    this.#held.set(redirects.audio === undefined && redirects.video === undefined);
  }

  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners): void {
    if (this.isOver) listeners.abandoned();
    else this.group.redirectAtKeyframe(redirects, listeners, this.#now());
  }

  end(reason: EndReason, wasThereMs?: number): Promise<void> {
    this.#ending ??= this.#end(reason, wasThereMs);
    return this.#ending;
  }

  async #end(reason: EndReason, wasThereMs: number | undefined): Promise<void> {
    const unixMs = Date.now();
    if (this.isAnnounced && !NOT_WANTED.has(reason)) await this.#held.released(HELD_MEDIA_LIMIT_MS);
    await this.group.finish(wait, wasThereMs);
    this.onEnded(reason, unixMs);
  }
}
