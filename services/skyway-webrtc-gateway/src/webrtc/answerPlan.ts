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
      /** There is another one of this kind: this one is recorded separately. */
      isAdditional: boolean;
      sent?: SentSource;
    }
  /** Stays in the bundle, since it may carry the transport, but has no media. `isSurplus`: too many are sent. */
  | { state: "inactive"; media: OfferedMedia; codec: OfferedCodec; sent?: SentSource; isSurplus?: true }
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

type InactiveMedia = Extract<AnsweredMedia, { state: "inactive" }>;

/**
 * Receives the first audio and the first video track that the offerer sends, and further ones up to a limit.
 *
 * @param maxTracks how many tracks are received in total; the first of each kind are received in any case.
 */
export function planAnswer(
  offer: Offer,
  wishes: Record<"audio" | "video", KindOptions>,
  maxTracks = 0,
): AnsweredMedia[] {
  return withAdditional(planFirst(offer, wishes), wishes, maxTracks);
}

/** The first m-line of each kind that the offerer sends. */
function planFirst(offer: Offer, wishes: Record<"audio" | "video", KindOptions>): AnsweredMedia[] {
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

/** @param before the codec with which an m-line was received as an additional one until now, if it was. */
function withAdditional(
  planned: readonly AnsweredMedia[],
  wishes: Record<"audio" | "video", KindOptions>,
  maxTracks: number,
  before: (media: OfferedMedia) => OfferedCodec | undefined = () => undefined,
): AnsweredMedia[] {
  const further = planned.filter((one): one is InactiveMedia => {
    const kind = one.media.type === "video" ? "video" : "audio";
    return one.state === "inactive" && one.media.sends && wishes[kind].receive;
  });
  let left = maxTracks - planned.filter(({ state }) => state === "received").length;
  const replaced = new Map<AnsweredMedia, AnsweredMedia>();
  for (const one of [
    ...further.filter(({ media }) => before(media)),
    ...further.filter(({ media }) => !before(media)),
  ]) {
    const { media, codec: _, ...rest } = one;
    const kind = media.type === "video" ? "video" : "audio";
    const known = before(media);
    const codec = known
      ? media.codecs.find((codec) => isSameCodec(codec, known))
      : fittingCodec(media.codecs, wishes[kind].wish);
    // Tracks of a kind have the same payload types: only their sources distinguish them.
    if (left < 1 || codec === undefined || media.sources.length === 0) {
      replaced.set(one, { ...one, isSurplus: true });
      continue;
    }
    left -= 1;
    const received = { ...receivedAs(kind, media, codec, wishes[kind].wish), redirectPayloadType: undefined };
    replaced.set(one, { ...rest, ...received, isAdditional: true });
  }
  return planned.map((one) => replaced.get(one) ?? one);
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
 * @param maxTracks as for `planAnswer`.
 */
export function planRenegotiation(
  offer: Offer,
  earlier: readonly AnsweredMedia[],
  kinds: Record<"audio" | "video", KindAgreement>,
  maxTracks = 0,
): AnsweredMedia[] {
  const open = earlier.filter((one) => one.state === "received" || one.state === "inactive");
  const before = (media: OfferedMedia) =>
    open.find((one) => one.media.mid === media.mid && one.media.type === media.type);
  const received = (media: OfferedMedia) => {
    const known = before(media);
    return known?.state === "received" ? known : undefined;
  };
  const isAdditional = (media: OfferedMedia) => received(media)?.isAdditional === true;
  const usable = offer.media.filter(({ mid, isClosed }) => !isClosed && offer.bundle.includes(mid));
  const taken = new Map<OfferedMedia, OfferedCodec>();
  for (const kind of ["audio", "video"] as const) {
    const sending = usable.filter((media) => media.type === kind && media.sends && !isAdditional(media));
    for (const media of [...sending.filter(received), ...sending.filter((one) => !received(one))]) {
      const codec = laterCodec(media, kinds[kind], before(media)?.codec);
      if (codec === undefined) continue;
      taken.set(media, codec);
      break;
    }
  }
  const planned = planFirst(offer, { audio: { receive: false }, video: { receive: false } }).map(
    (one): AnsweredMedia => {
      if (one.state !== "inactive") return one;
      const { media } = one;
      const known = before(media);
      const codec = taken.get(media) ?? media.codecs.find((other) => isSameCodec(other, known?.codec)) ?? one.codec;
      const sent = known?.sent && media.receives && isSameCodec(codec, known.codec) ? { sent: known.sent } : {};
      const kind = media.type === "video" ? "video" : "audio";
      return taken.has(media)
        ? { ...receivedAs(kind, media, codec, kinds[kind].options.wish), ...sent }
        : { state: "inactive", media, codec, ...sent };
    },
  );
  const wishes = { audio: kinds.audio.options, video: kinds.video.options };
  return withAdditional(planned, wishes, maxTracks, (media) =>
    isAdditional(media) ? received(media)?.codec : undefined,
  );
}

function receivedAs(
  kind: "audio" | "video",
  media: OfferedMedia,
  codec: OfferedCodec,
  wish: CodecWish | undefined,
): ReceivedMedia {
  const redirectPayloadType = wish?.payloadType === codec.payloadType ? undefined : wish?.payloadType;
  const bandwidthKbps = wish?.bandwidthKbps ?? 0;
  return { state: "received", kind, media, codec, redirectPayloadType, bandwidthKbps, isAdditional: false };
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
