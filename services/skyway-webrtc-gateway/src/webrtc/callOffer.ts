import { GatewayError } from "../errors.ts";
import type { AnsweredMedia, KindOptions } from "./answerPlan.ts";
import { connectionLine, defaultPort, type LocalTransport } from "./localTransport.ts";
import { GATEWAY_LINE, type Offer } from "./offer.ts";
import { direction, type SentSource, sourceLines } from "./sentSource.ts";

/** Our offer, for calls that we make. */

interface OurCodec {
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  fmtp: string;
  rtxPayloadType: number | undefined;
}

/** One m-line of the offer. */
export interface CalledMedia {
  kind: "audio" | "video";
  mid: string;
  codecs: readonly OurCodec[];
  receive: boolean;
  sent: SentSource | undefined;
  /** Requested by the program, for redirected packets. */
  payloadType: number | undefined;
  bandwidthKbps: number;
}

const OPUS_FMTP = "minptime=10;stereo=1;useinbandfec=0";
const H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
const KNOWN: Record<"audio" | "video", readonly Omit<OurCodec, "rtxPayloadType">[]> = {
  audio: [
    { codec: "opus", payloadType: 111, samplingRate: 48_000, channels: 2, fmtp: OPUS_FMTP },
    { codec: "PCMU", payloadType: 0, samplingRate: 8_000, channels: 1, fmtp: "" },
    { codec: "PCMA", payloadType: 8, samplingRate: 8_000, channels: 1, fmtp: "" },
  ],
  video: [
    { codec: "VP8", payloadType: 96, samplingRate: 90_000, channels: 1, fmtp: "" },
    { codec: "H264", payloadType: 102, samplingRate: 90_000, channels: 1, fmtp: H264_FMTP },
    { codec: "VP9", payloadType: 98, samplingRate: 90_000, channels: 1, fmtp: "profile-id=0" },
  ],
};
const PCMA_PAYLOAD_TYPE = 8;

/** Throws GatewayError CODEC_NOT_OFFERED, INVALID_FIELD. */
export function planOffer(options: Record<"audio" | "video", KindOptions>): CalledMedia[] {
  const kinds = (["audio", "video"] as const).filter((kind) => options[kind].receive || options[kind].sent);
  if (kinds.length === 0) throw invalid("nothing is to be sent or received");
  const taken = new Set<number>();
  for (const kind of kinds) {
    const wished = options[kind].wish?.payloadType;
    // Payload types 64 to 95 are mistaken for RTCP (RFC 5761, section 4).
    if (wished !== undefined && ((wished >= 64 && wished <= 95) || taken.has(wished)))
      throw invalid(`payload type ${wished} cannot be used`);
    if (wished !== undefined) taken.add(wished);
  }
  return kinds.map((kind, index) => {
    const { wish, receive, sent } = options[kind];
    const codecs = codecsFor(kind, wish).map((codec): OurCodec => {
      const payloadType = wish?.payloadType ?? free(codec.payloadType, taken);
      const rtxPayloadType = kind === "video" ? free(payloadType + 1, taken) : undefined;
      return { ...codec, payloadType, rtxPayloadType };
    });
    const common = { payloadType: wish?.payloadType, bandwidthKbps: wish?.bandwidthKbps ?? 0 };
    return { kind, mid: String(index), codecs, receive, sent, ...common };
  });
}

/** Without candidates: the peer gets them after its answer has arrived, see `PeerTransport.offer`. */
export function writeOffer(plan: readonly CalledMedia[], local: Omit<LocalTransport, "setup">): string {
  const lines = [
    "v=0",
    `o=- 1 ${local.version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${plan.map(({ mid }) => mid).join(" ")}`,
    "a=msid-semantic: WMS",
    ...(local.isGateway ? [GATEWAY_LINE] : []),
    ...plan.flatMap((one) => mediaLines(one, local)),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

/** The media that both our offer and the peer's answer allow. */
export function agreed(plan: readonly CalledMedia[], answer: Offer): AnsweredMedia[] {
  return answer.media.map((media): AnsweredMedia => {
    const ours = plan.find(({ mid }) => mid === media.mid);
    const codec = media.codecs[0];
    if (!ours || !codec || media.isClosed) return { state: "rejected", media };
    const sent = ours.sent && media.receives ? { sent: ours.sent } : {};
    if (!ours.receive || !media.sends) return { state: "inactive", media, codec, ...sent };
    const { kind, bandwidthKbps } = ours;
    const redirectPayloadType = ours.payloadType === codec.payloadType ? undefined : ours.payloadType;
    return { state: "received", kind, media, codec, redirectPayloadType, bandwidthKbps, isAdditional: false, ...sent };
  });
}

function codecsFor(kind: "audio" | "video", wish: KindOptions["wish"]) {
  if (wish === undefined) return KNOWN[kind];
  const name = wish.codec.toUpperCase();
  const g711 = wish.payloadType === PCMA_PAYLOAD_TYPE ? "PCMA" : "PCMU";
  const found = KNOWN[kind].find(({ codec }) => codec.toUpperCase() === (name === "G711" ? g711 : name));
  if (found === undefined) throw new GatewayError("CODEC_NOT_OFFERED", wish.codec, { field: "constraints" });
  return [found];
}

/** The wished payload type, or a free one of the dynamic range. */
function free(wished: number, taken: Set<number>): number {
  let payloadType = wished;
  for (let other = 127; (taken.has(payloadType) || payloadType > 127) && other >= 96; other--) payloadType = other;
  taken.add(payloadType);
  return payloadType;
}

function mediaLines(one: CalledMedia, local: Omit<LocalTransport, "setup">): string[] {
  const { kind, codecs, bandwidthKbps, receive, sent, mid } = one;
  const payloads = codecs.flatMap(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType ?? []].flat());
  return [
    `m=${kind} ${defaultPort(local)} UDP/TLS/RTP/SAVPF ${payloads.join(" ")}`,
    connectionLine(local),
    ...(bandwidthKbps > 0 ? [`b=AS:${bandwidthKbps}`, `b=TIAS:${bandwidthKbps * 1000}`] : []),
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:${local.fingerprint}`,
    "a=setup:actpass",
    `a=mid:${mid}`,
    direction(receive, sent !== undefined),
    ...sourceLines(sent),
    "a=rtcp-mux",
    "a=rtcp-rsize",
    ...codecs.flatMap((codec) => codecLines(kind, codec)),
  ];
}

function codecLines(kind: string, { codec, payloadType, samplingRate, channels, fmtp, rtxPayloadType }: OurCodec) {
  const feedback = kind === "video" ? ["goog-remb", "ccm fir", "nack", "nack pli"] : ["nack"];
  return [
    `a=rtpmap:${payloadType} ${codec}/${samplingRate}${channels > 1 ? `/${channels}` : ""}`,
    ...feedback.map((one) => `a=rtcp-fb:${payloadType} ${one}`),
    ...(fmtp === "" ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
    ...(rtxPayloadType === undefined
      ? []
      : [`a=rtpmap:${rtxPayloadType} rtx/${samplingRate}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]),
  ];
}

function invalid(detail: string): GatewayError {
  return new GatewayError("INVALID_FIELD", detail, { field: "constraints" });
}
