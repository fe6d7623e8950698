import { type CodecWish, chooseCodec } from "./codecChoice.ts";
import type { Offer, OfferedCodec, OfferedMedia } from "./offer.ts";
import type { SentSource } from "./sentSource.ts";

/** Our answer to one m-line. */
export type AnsweredMedia =
  | {
      state: "received";
      kind: "audio" | "video";
      media: OfferedMedia;
      codec: OfferedCodec;
      /** The payload type of redirected packets, if it differs from the negotiated one. */
      redirectPayloadType: number | undefined;
      /** 0: no limit. */
      bandwidthKbps: number;
      sent?: SentSource;
    }
  /** Stays in the bundle, since it may carry the transport, but has no media. */
  | { state: "inactive"; media: OfferedMedia; codec: OfferedCodec; sent?: SentSource }
  /** Open but never read: PeerJS ends a call when its data channel closes. */
  | { state: "data"; media: OfferedMedia }
  | { state: "rejected"; media: OfferedMedia };

/** What to receive and send, for one kind. */
export interface KindOptions {
  receive: boolean;
  wish?: CodecWish;
  sent?: SentSource;
}

export type ReceivedMedia = Extract<AnsweredMedia, { state: "received" }>;

/** Receives at most one audio and one video track: the first of each that the offerer sends. */
export function planAnswer(offer: Offer, wishes: Record<"audio" | "video", KindOptions>): AnsweredMedia[] {
  const taken = new Set<string>();
  const given = new Set<string>();
  return offer.media.map((media): AnsweredMedia => {
    const { type } = media;
    if (media.mid === offer.dataMid) return { state: "data", media };
    if ((type !== "audio" && type !== "video") || media.isClosed || !offer.bundle.includes(media.mid)) {
      return { state: "rejected", media };
    }
    const isWanted = wishes[type].receive && media.sends && !taken.has(type);
    const isGiven = wishes[type].sent !== undefined && media.receives && !given.has(type);
    const wish = isWanted || isGiven ? wishes[type].wish : undefined;
    const codec = chooseCodec(media.codecs, wish);
    if (codec === undefined) return { state: "rejected", media };
    if (isGiven) given.add(type);
    const sent = isGiven && wishes[type].sent ? { sent: wishes[type].sent } : {};
    if (!isWanted) return { state: "inactive", media, codec, ...sent };
    taken.add(type);
    const redirectPayloadType = wish?.payloadType === codec.payloadType ? undefined : wish?.payloadType;
    return {
      state: "received",
      kind: type,
      media,
      codec,
      redirectPayloadType,
      bandwidthKbps: wish?.bandwidthKbps ?? 0,
      ...sent,
    };
  });
}

/**
 * Plans the answer to another offer for the same call. Received tracks continue with their codec, and none is added: a
 * recorder has tracks only for the media of the first offer.
 */
export function planRenegotiation(offer: Offer, earlier: readonly AnsweredMedia[]): AnsweredMedia[] {
  const open = earlier.filter((one) => one.state === "received" || one.state === "inactive");
  return planAnswer(offer, { audio: { receive: true }, video: { receive: true } }).map((one): AnsweredMedia => {
    if (one.state !== "received" && one.state !== "inactive") return one;
    const before = open.find(({ media }) => media.mid === one.media.mid);
    const codec = one.media.codecs.find(({ payloadType }) => payloadType === before?.codec.payloadType);
    if (!before || !codec) return { state: "inactive", media: one.media, codec: one.codec };
    const isSame = codec.codec.toLowerCase() === before.codec.codec.toLowerCase();
    const sent = isSame && one.media.receives && before.sent ? { sent: before.sent } : {};
    const goesOn = before.state === "received" && one.media.sends && isSame;
    const { sent: _, ...rest } = before;
    return goesOn && rest.state === "received"
      ? { ...rest, media: one.media, codec, ...sent }
      : { state: "inactive", media: one.media, codec, ...sent };
  });
}
