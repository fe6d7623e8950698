import { type CodecWish, chooseCodec } from "./codecChoice.ts";
import { bestLayer } from "./layerChoice.ts";
import type { Offer, OfferedCodec, OfferedMedia } from "./offer.ts";
import { MAX_MESSAGE_BYTES, SCTP_PORT } from "./transportOffer.ts";

/** What is answered to each m-line. */
export type AnsweredMedia =
  | {
      state: "received";
      kind: "audio" | "video";
      media: OfferedMedia;
      codec: OfferedCodec;
      /** What redirected packets shall carry, if it is not what was negotiated. */
      redirectPayloadType: number | undefined;
      /** 0: no limit of its own. */
      bandwidthKbps: number;
      sent?: SentSource;
    }
  /** Stays in the bundle, whose transport it may carry, and brings nothing. */
  | { state: "inactive"; media: OfferedMedia; codec: OfferedCodec; sent?: SentSource }
  /** Open, and nothing that comes is read: PeerJS ends a call when its data channel closes. */
  | { state: "data"; media: OfferedMedia }
  | { state: "rejected"; media: OfferedMedia };

/** Our own source on an m-line. */
export interface SentSource {
  ssrc: number;
  /** Of the stream and of the track in it: the peer plays tracks of one stream together. */
  msid: string;
}

/** What is wanted of a kind. */
export interface KindOptions {
  receive: boolean;
  wish?: CodecWish;
  sent?: SentSource;
}

export type ReceivedMedia = Extract<AnsweredMedia, { state: "received" }>;

/** An address with the port that is ours there: the one that is published has another than the one that is bound. */
export interface Endpoint {
  address: string;
  port: number;
  /** It is a TURN server's, which passes on to us. */
  isRelayed?: boolean;
}

/** Our end of the transport. */
export interface LocalTransport {
  iceUfrag: string;
  icePwd: string;
  fingerprint: string;
  /** "actpass" in an offer. */
  setup: "active" | "passive" | "actpass";
  /** Where callers can reach us; the first one is also the default (`m=` and `c=`). None: they are told later. */
  endpoints: readonly Endpoint[];
  /** Of the answer: 1 for the first one. */
  version: number;
  /** Our end sends no checks, and leaves it to the other one to nominate. */
  isLite?: boolean;
}

/** One audio and one video track at most, the first of each that the offerer sends. */
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
 * Plans the answer to another offer for the same call: what was received goes on with its codec, and nothing is begun.
 * A recorder has a track for what was offered when the call rang.
 */
export function planAgain(offer: Offer, earlier: readonly AnsweredMedia[]): AnsweredMedia[] {
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

/**
 * Writes the answer: one codec, `msid` and `ssrc` lines only where a program sends (skyway-js would report a stream that
 * never comes), no congestion feedback but REMB (with a `transport-cc` that nobody sends, browsers stay at 245 kbit/s), no
 * header extensions. Leaving out `urn:3gpp:video-orientation` makes phones turn the picture before they encode it.
 */
export function writeAnswer(offer: Offer, answered: readonly AnsweredMedia[], local: LocalTransport): string {
  const bundled = answered.filter(({ state }) => state !== "rejected");
  const carrier = bundled[0];
  const lines = [
    "v=0",
    `o=- 1 ${local.version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    ...(offer.bundle.length > 0 && bundled.length > 0
      ? [`a=group:BUNDLE ${bundled.map((one) => one.media.mid).join(" ")}`]
      : []),
    "a=msid-semantic: WMS",
    ...(local.isLite ? ["a=ice-lite"] : []),
  ];
  for (const one of answered) {
    if (one.state === "rejected") lines.push(...rejectedLines(one.media));
    else if (one.state === "data") lines.push(...dataLines(one.media, local, one === carrier));
    else lines.push(...openLines(one, local, one === carrier));
  }
  return `${lines.join("\r\n")}\r\n`;
}

function rejectedLines({ type, protocol, formats, mid }: OfferedMedia): string[] {
  return [`m=${type} 0 ${protocol} ${formats}`, "c=IN IP4 0.0.0.0", `a=mid:${mid}`, "a=inactive"];
}

/** What all m-lines of a bundle have in common. */
function transportLines({ mid }: OfferedMedia, local: LocalTransport, carries: boolean): string[] {
  return [
    ...(carries && local.endpoints.length > 0
      ? [...candidates(local).map((one) => `a=${one}`), "a=end-of-candidates"]
      : []),
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    `a=fingerprint:${local.fingerprint}`,
    `a=setup:${local.setup}`,
    `a=mid:${mid}`,
  ];
}

/** RFC 8841, section 5. */
function dataLines(media: OfferedMedia, local: LocalTransport, carries: boolean): string[] {
  return [
    `m=application ${defaultPort(local)} ${media.protocol} ${media.formats}`,
    connectionLine(local),
    ...transportLines(media, local, carries),
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MAX_MESSAGE_BYTES}`,
  ];
}

function openLines(
  one: Extract<AnsweredMedia, { codec: OfferedCodec }>,
  local: LocalTransport,
  carries: boolean,
): string[] {
  const { media, codec, state } = one;
  const { rtxPayloadType } = codec;
  const payloads = [codec.payloadType, ...(rtxPayloadType === undefined ? [] : [rtxPayloadType])];
  const bandwidthKbps = one.state === "received" ? one.bandwidthKbps : 0;
  return [
    `m=${media.type} ${defaultPort(local)} ${media.protocol} ${payloads.join(" ")}`,
    connectionLine(local),
    ...(bandwidthKbps > 0 ? [`b=AS:${bandwidthKbps}`, `b=TIAS:${bandwidthKbps * 1000}`] : []),
    ...transportLines(media, local, carries),
    direction(state === "received", one.sent !== undefined),
    ...sourceLines(one.sent),
    "a=rtcp-mux",
    ...(media.allowsReducedSizeRtcp ? ["a=rtcp-rsize"] : []),
    `a=rtpmap:${codec.payloadType} ${codec.codec}/${codec.samplingRate}${codec.channels > 1 ? `/${codec.channels}` : ""}`,
    ...feedbackFor(media.type, codec).map((feedback) => `a=rtcp-fb:${codec.payloadType} ${feedback}`),
    ...formatParameters(codec).map((parameters) => `a=fmtp:${codec.payloadType} ${parameters}`),
    ...(rtxPayloadType === undefined
      ? []
      : [`a=rtpmap:${rtxPayloadType} rtx/${codec.samplingRate}`, `a=fmtp:${rtxPayloadType} apt=${codec.payloadType}`]),
    ...(state === "received" ? layerLines(media) : []),
  ];
}

/** Only what was offered, save NACK for audio: browsers do not offer it, and repeat lost packets when it is answered. */
function feedbackFor(type: string, { feedback }: OfferedCodec): string[] {
  if (type === "audio") return ["nack"];
  return ["goog-remb", "ccm fir", "nack", "nack pli"].filter((wanted) => feedback.includes(wanted));
}

/**
 * The sender takes these as what we can receive. Opus: two channels, and no bits for in-band error correction, because
 * lost packets are asked for again. VP8 and VP9 limits of the offer are the offerer's own as a receiver.
 */
function formatParameters({ codec, fmtp }: OfferedCodec): string[] {
  switch (codec.toUpperCase()) {
    case "OPUS":
      return ["minptime=10;stereo=1;useinbandfec=0"];
    case "VP8":
      return [];
    default:
      return fmtp === "" ? [] : [fmtp];
  }
}

/** Without these, Chromium takes no answer that names a layer. */
const LAYER_EXTENSIONS = ["urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"];

/** Of several simulcast layers only one is answered, and only that one is sent (RFC 8853, section 5.3.2). */
function layerLines({ layers, extensions }: OfferedMedia): string[] {
  const layer = bestLayer(layers);
  if (layer === undefined) return [];
  const named = LAYER_EXTENSIONS.flatMap((uri) => {
    const id = extensions.get(uri);
    return id === undefined ? [] : [`a=extmap:${id} ${uri}`];
  });
  return [...named, `a=rid:${layer} recv`, `a=simulcast:recv ${layer}`];
}

export function direction(receives: boolean, sends: boolean): string {
  if (receives) return sends ? "a=sendrecv" : "a=recvonly";
  return sends ? "a=sendonly" : "a=inactive";
}

/** RFC 8830 and RFC 5576. */
export function sourceLines(sent: SentSource | undefined): string[] {
  return sent ? [`a=msid:${sent.msid}`, `a=ssrc:${sent.ssrc} cname:${CNAME}`] : [];
}

/** Of all sources of a connection. */
export const CNAME = "gateway";

/** The default address, for those who read no candidates. */
export function connectionLine({ endpoints }: Pick<LocalTransport, "endpoints">): string {
  const address = endpoints[0]?.address ?? "0.0.0.0";
  return `c=IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
}

/** The discard port where there is no address, as in offers that trickle (RFC 8840, section 4.1.1). */
export function defaultPort({ endpoints }: Pick<LocalTransport, "endpoints">): number {
  return endpoints[0]?.port ?? 9;
}

const HOST_TYPE_PREFERENCE = 126;
const RELAY_TYPE_PREFERENCE = 0;

/** Ours, as RFC 8839, section 5.1 writes them; earlier addresses are preferred (RFC 8445, section 5.1.2.1). */
export function candidates({ endpoints }: Pick<LocalTransport, "endpoints">): string[] {
  return endpoints.map(({ address, port, isRelayed = false }, index) => {
    const preference = isRelayed ? RELAY_TYPE_PREFERENCE : HOST_TYPE_PREFERENCE;
    const priority = preference * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
    // Where we are behind the relay is nobody's business.
    const type = isRelayed ? `relay raddr ${address.includes(":") ? "::" : "0.0.0.0"} rport 0` : "host";
    return `candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ ${type}`;
  });
}
