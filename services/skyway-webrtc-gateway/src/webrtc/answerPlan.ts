import { type CodecWish, chooseCodec, fittingCodec } from "./codecChoice.ts";
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
    return { ...receivedAs(type, media, codec, wish), ...sent };
  });
}

/** What a kind was first received as, and with which wishes: media that comes later must fit the same recorder. */
export interface KindAgreement {
  options: KindOptions;
  received: ReceivedMedia | undefined;
}

/**
 * Plans the answer to another offer for the same call. A kind that is received continues with its codec. If its m-line
 * stops sending, or if it had none, the first other m-line of the kind takes its place: browsers use another m-line for a
 * track that is removed and added again, and skyway-js' `replaceStream` does so.
 *
 * @param earlier the media of the previous agreement.
 */
export function planRenegotiation(
  offer: Offer,
  earlier: readonly AnsweredMedia[],
  kinds: Record<"audio" | "video", KindAgreement>,
): AnsweredMedia[] {
  const open = earlier.filter((one) => one.state === "received" || one.state === "inactive");
  const before = (media: OfferedMedia) =>
    open.find((one) => one.media.mid === media.mid && one.media.type === media.type);
  const isReceived = (media: OfferedMedia) => before(media)?.state === "received";
  const usable = offer.media.filter(({ mid, isClosed }) => !isClosed && offer.bundle.includes(mid));
  const taken = new Map<OfferedMedia, OfferedCodec>();
  for (const kind of ["audio", "video"] as const) {
    const sending = usable.filter(({ type, sends }) => type === kind && sends);
    for (const media of [...sending.filter(isReceived), ...sending.filter((one) => !isReceived(one))]) {
      const codec = laterCodec(media, kinds[kind], before(media)?.codec);
      if (codec === undefined) continue;
      taken.set(media, codec);
      break;
    }
  }
  return planAnswer(offer, { audio: { receive: false }, video: { receive: false } }).map((one): AnsweredMedia => {
    if (one.state !== "inactive") return one;
    const { media } = one;
    const known = before(media);
    const codec = taken.get(media) ?? media.codecs.find((other) => isSameCodec(other, known?.codec)) ?? one.codec;
    const sent = known?.sent && media.receives && isSameCodec(codec, known.codec) ? { sent: known.sent } : {};
    const kind = media.type === "video" ? "video" : "audio";
    return taken.has(media)
      ? { ...receivedAs(kind, media, codec, kinds[kind].options.wish), ...sent }
      : { state: "inactive", media, codec, ...sent };
  });
}

function receivedAs(
  kind: "audio" | "video",
  media: OfferedMedia,
  codec: OfferedCodec,
  wish: CodecWish | undefined,
): ReceivedMedia {
  const redirectPayloadType = wish?.payloadType === codec.payloadType ? undefined : wish?.payloadType;
  return { state: "received", kind, media, codec, redirectPayloadType, bandwidthKbps: wish?.bandwidthKbps ?? 0 };
}

/** The codec to receive from an m-line that comes later; undefined if the recorder cannot record any of them. */
function laterCodec(
  { codecs }: OfferedMedia,
  { options, received }: KindAgreement,
  before: OfferedCodec | undefined,
): OfferedCodec | undefined {
  if (!options.receive) return undefined;
  if (received === undefined) return fittingCodec(codecs, options.wish);
  const same = codecs.filter((codec) => isSameCodec(codec, received.codec));
  const numbers = [before?.payloadType, received.codec.payloadType];
  return same.find(({ payloadType }) => numbers.includes(payloadType)) ?? fittingCodec(same, options.wish);
}

function isSameCodec(one: OfferedCodec, other: OfferedCodec | undefined): boolean {
  const name = one.codec.toLowerCase();
  return (
    name === other?.codec.toLowerCase() && one.samplingRate === other.samplingRate && one.channels === other.channels
  );
}
