import type { AnsweredMedia } from "./answerPlan.ts";
import { bestLayer } from "./layerChoice.ts";
import { candidates, connectionLine, defaultPort, type LocalTransport } from "./localTransport.ts";
import type { Offer, OfferedCodec, OfferedMedia } from "./offer.ts";
import { direction, sourceLines } from "./sentSource.ts";
import { MAX_MESSAGE_BYTES, SCTP_PORT } from "./transportOffer.ts";

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
