import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { type MediaConnectionId, newAudioId, newMediaConnectionId, newVideoId } from "../ids.ts";
import type {
  AdditionalMedia,
  Address,
  EndReason,
  MediaOptions,
  Redirects,
  TrackReport,
} from "../webrtc/mediaSession.ts";
import type { CallEnd } from "./callEnd.ts";
import type { MediaEvent } from "./mediaEvents.ts";
import { Redirection } from "./redirection.ts";

/** The call that additional tracks belong to. */
export interface MainCall {
  remoteId: string;
  metadata: unknown;
}

/**
 * Additional tracks of a call, as a media connection of their own: a program answers, redirects and deletes them like a
 * call. Deleting them does not affect the call.
 */
export class AdditionalConnection {
  readonly id: MediaConnectionId = newMediaConnectionId();
  readonly remoteId: string;
  readonly metadata: unknown;
  readonly events: EventStream<MediaEvent>;
  /** It has no additional tracks of its own. */
  readonly additional: readonly AdditionalConnection[] = [];
  readonly surplus: readonly ("audio" | "video")[] = [];
  /** Released at the end: an ended connection is kept for minutes, and must not keep the last seconds of its media. */
  #media: AdditionalMedia | undefined;
  #lastTracks: TrackReport[] = [];
  readonly #log: Logger;
  readonly #onEnded: () => void;
  #redirection: Redirection | undefined;
  #isReleased = false;
  #mediaEnd: { reason: EndReason; unixMs: number } | undefined;
  #callEnd: CallEnd | undefined;
  #ended: { reason: CallEnd; unixMs: number } | null = null;

  /** @param onEnded is called once, after CLOSE was pushed. */
  constructor(
    media: AdditionalMedia,
    { remoteId, metadata }: MainCall,
    clock: Clock,
    log: Logger,
    onEnded: () => void,
  ) {
    this.remoteId = remoteId;
    this.metadata = metadata;
    this.events = new EventStream(clock);
    this.#media = media;
    this.#log = log.child({ mediaConnectionId: this.id, remoteId });
    this.#onEnded = onEnded;
    media.onEnded = (reason, unixMs) => {
      this.#mediaEnd = { reason, unixMs };
      this.#perhapsEnd();
    };
    this.#log.info({ kinds: media.kinds }, "additional tracks");
  }

  get isGone(): boolean {
    return this.#isReleased || (this.#ended !== null && this.events.endDelivered);
  }

  get isDeletable(): boolean {
    return !this.#isReleased || this.events.endDelivered;
  }

  get isOpen(): boolean {
    return this.#redirection !== undefined && this.#ended === null;
  }

  /** Media is held until it is redirected. */
  get isHeld(): boolean {
    return this.#media?.isHeld ?? false;
  }

  get ended(): { reason: CallEnd; unixMs: number } | null {
    return this.#ended;
  }

  /** The codec of each track is fixed: it is the only offered one. */
  tracks(): TrackReport[] {
    return this.#media?.tracks() ?? this.#lastTracks;
  }

  /** Their call has ended, for a reason that may have come after the end of the media. */
  callEnded(reason: CallEnd): void {
    this.#callEnd = reason;
    this.#perhapsEnd();
  }

  #perhapsEnd(): void {
    const end = this.#mediaEnd;
    if (this.#ended || end === undefined) return;
    const isAlone = end.reason === "track_removed" || this.#isReleased;
    if (!isAlone && this.#callEnd === undefined) return;
    this.#ended = isAlone ? end : { ...end, reason: this.#callEnd ?? end.reason };
    this.#lastTracks = this.tracks();
    this.#media = undefined;
    this.#redirection = undefined;
    this.#log.info(this.#ended, "additional tracks ended");
    this.events.end({ event: "CLOSE" });
    this.#onEnded();
  }

  /**
   * Redirects what has come since the beginning. Other options have no effect: the tracks are negotiated with their call.
   *
   * @throws GatewayError ALREADY_ANSWERED, CALL_ENDED.
   */
  async answer({ redirects }: MediaOptions): Promise<void> {
    const media = this.#media;
    if (this.#isReleased || media === undefined) throw new GatewayError("CALL_ENDED");
    if (this.#redirection) throw new GatewayError("ALREADY_ANSWERED");
    const call = { session: media, log: this.#log, isEnding: () => this.#isReleased || this.#ended !== null };
    this.#redirection = new Redirection(redirects, call);
    media.redirect(redirects);
    this.events.push({ event: "READY" });
    for (const kind of media.kinds) {
      const is_video = kind === "video";
      const stream_id = is_video ? newVideoId() : newAudioId();
      this.events.push({ event: "STREAM", stream_options: { is_video, media_connection_id: this.id, stream_id } });
    }
  }

  /** @throws GatewayError NOT_ANSWERED, CALL_ENDED, NOT_REDIRECTED. */
  requestKeyframe(address: Address): void {
    this.#answered.requestKeyframe(address);
  }

  /** @throws GatewayError NOT_ANSWERED, CALL_ENDED. */
  redirect(redirects: Redirects): void {
    this.#answered.redirect(redirects);
  }

  /** @throws GatewayError NOT_ANSWERED, CALL_ENDED, REDIRECTED_AGAIN. */
  async redirectAtKeyframe<Seen>(redirects: Redirects, look: () => Seen): Promise<Seen> {
    return this.#answered.redirectAtKeyframe(redirects, look);
  }

  /** The API's caller releases them: the id is gone, though CLOSE can still be read. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#media?.end("deleted");
  }

  get #answered(): Redirection {
    if (this.#ended) throw new GatewayError("CALL_ENDED");
    if (!this.#redirection) throw new GatewayError("NOT_ANSWERED");
    return this.#redirection;
  }
}
