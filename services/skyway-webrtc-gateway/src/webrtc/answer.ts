import type { AnsweredMedia } from "./answerPlan.ts";
import { acceptLayers } from "./layerChoice.ts";
import { candidates, connectionLine, defaultPort, type LocalTransport } from "./localTransport.ts";
import { GATEWAY_LINE, type Offer, type OfferedCodec, type OfferedMedia } from "./offer.ts";
import { direction, sourceLines } from "./sentSource.ts";
import { MAX_MESSAGE_BYTES, SCTP_PORT } from "./transportOffer.ts";

/**
 * Writes the answer: one codec per m-line; `msid` and `ssrc` lines only where a program sends (otherwise skyway-js reports
 * a stream that never comes); REMB as the only congestion feedback (browsers stay at 245 kbit/s if `transport-cc` is
 * negotiated but not sent); no header extensions. Without `urn:3gpp:video-orientation`, phones rotate the picture before
 * they encode it.
 */
export function writeAnswer(offer: Offer, answered: readonly AnsweredMedia[], local: LocalTransport): string {
  const bundled = answered.filter(({ state }) => state !== "rejected");
  const carrier = bundled[0];
  const lines = [
    "v=0",
    `o=- 1 ${local.version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    ...(offer.hasGroup && bundled.length > 0
      ? [`a=group:BUNDLE ${bundled.map((one) => one.media.mid).join(" ")}`]
      : []),
    "a=msid-semantic: WMS",
    ...(offer.transport.isGateway ? [GATEWAY_LINE] : []),
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

/** Lines that all m-lines of a bundle have. */
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
    ...(state === "received" ? layerLines(media, codec, bandwidthKbps > 0) : []),
  ];
}

/** Only offered feedback, except NACK for audio: browsers do not offer it, but retransmit if the answer has it. */
function feedbackFor(type: string, { feedback }: OfferedCodec): string[] {
  if (type === "audio") return ["nack"];
  return ["goog-remb", "ccm fir", "nack", "nack pli"].filter((wanted) => feedback.includes(wanted));
}

/**
 * Tells the sender what we can receive. Opus: two channels, and no bits for in-band error correction, because lost packets
 * are retransmitted. The limits that an offer has for VP8 and VP9 are the offerer's own limits as a receiver.
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

function layerLines(media: OfferedMedia, codec: OfferedCodec, isLimited: boolean): string[] {
  const { names, extensions } = acceptLayers(media, codec, isLimited);
  if (names.length === 0) return [];
  return [
    ...extensions.map((uri) => `a=extmap:${media.extensions.get(uri)} ${uri}`),
    ...names.map((name) => `a=rid:${name} recv`),
    `a=simulcast:recv ${names.join(";")}`,
  ];
}
