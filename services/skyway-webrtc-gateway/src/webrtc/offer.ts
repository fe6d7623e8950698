import { type MediaDescription, parse, type SessionDescription } from "sdp-transform";
import { GatewayError } from "../errors.ts";

/** A codec of an offer, with its retransmissions and feedback. */
export interface OfferedCodec {
  /** Spelled as in the offer: "VP8", "opus". */
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  fmtp: string;
  /** Payload type of its retransmissions (RFC 4588), if offered. */
  rtxPayloadType: number | undefined;
  /** The text after the payload type in `a=rtcp-fb`: "nack pli". */
  feedback: readonly string[];
}

export interface OfferedMedia {
  /** "audio", "video", "application", … */
  type: string;
  mid: string;
  protocol: string;
  /** The formats of the m-line, unchanged. */
  formats: string;
  /** The offerer wants to send it. */
  sends: boolean;
  /** The offerer can receive it. */
  receives: boolean;
  /** The offerer has closed it. */
  isClosed: boolean;
  /** In the offerer's order of preference. Without auxiliary formats such as RTX. */
  codecs: readonly OfferedCodec[];
  /** SSRCs of all its packets, as far as the offer names them (RFC 5576). */
  sources: readonly number[];
  /** Retransmission source → original source. */
  repeatedSources: ReadonlyMap<number, number>;
  allowsReducedSizeRtcp: boolean;
  /** Offered simulcast layers, in the offer's order. */
  layers: readonly string[];
  /** Header extensions as offered: URI → id. */
  extensions: ReadonlyMap<string, number>;
}

export interface Offer {
  media: readonly OfferedMedia[];
  /** Mids of open audio and video that share one transport. The first one has the transport parameters. */
  bundle: readonly string[];
  /** The offer has a BUNDLE group. Without one, the answer must not have one either (RFC 9143, section 7.3.1). */
  hasGroup: boolean;
  /** Mid of data channels on the same transport. */
  dataMid: string | undefined;
  /** Firefox keeps its DTLS association, even if the answer has another fingerprint. */
  keepsDtls: boolean;
  transport: OfferedTransport;
}

export interface OfferedTransport {
  mid: string;
  iceUfrag: string;
  icePwd: string;
  fingerprint: { type: string; hash: string };
  setup: string;
  /** In an offer: of a gateway on its media port, see `bindingFor`. In an answer: of a gateway that has seen this. */
  isGateway: boolean;
  /** Values of `a=candidate` lines. */
  candidates: readonly string[];
}

/** Tells another gateway about us. Everyone else ignores it, as any unknown attribute (RFC 8866, section 5.13). */
export const GATEWAY_LINE = "a=x-webrtc-gateway";
const GATEWAY_LINE_PATTERN = new RegExp(`^${GATEWAY_LINE}\\r?$`, "m");

/** Far more than any browser sends. */
const MAX_OFFER_CHARACTERS = 200_000;
/** A page with many cameras offers about ten. An answer to hundreds takes seconds, and signalling does not relay it. */
const MAX_MEDIA_LINES = 128;
/** Ten cameras have about 1,100. Tens of thousands take half a second. */
const MAX_LINES = 6_000;
/** Formats that retransmit, protect or accompany media. */
const AUXILIARY = new Set(["rtx", "red", "ulpfec", "flexfec", "flexfec-03", "cn", "telephone-event"]);

/** Reads an offer. Throws GatewayError INVALID_OFFER. */
export function parseOffer(sdp: string): Offer {
  checkSize(sdp);
  const session = parseSdp(sdp);
  if (session.media.length === 0) throw new GatewayError("INVALID_OFFER", "no media");
  if (session.media.length > MAX_MEDIA_LINES) throw new GatewayError("INVALID_OFFER", "too many m-lines");
  const media = session.media.map(readMedia);
  const group = session.groups?.find(({ type }) => type === "BUNDLE");
  // Without a group, each m-line has a transport of its own. One is received.
  const alone = media.find((one) => carriesMedia(one) && one.sends) ?? media[0];
  const bundled = group ? String(group.mids).split(" ") : alone ? [alone.mid] : [];
  const open = bundled.filter((mid) => media.some((one) => one.mid === mid && carriesMedia(one)));
  const tagged = session.media.find((_, index) => media[index]?.mid === open[0]);
  if (tagged === undefined) throw new GatewayError("INVALID_OFFER", "no media that could be received");
  const dataMid = media.find((one) => bundled.includes(one.mid) && carriesData(one))?.mid;
  const keepsDtls = String(session.origin?.username).startsWith("mozilla");
  const transport = readTransport(session, tagged, open[0] as string, sdp);
  return { media, bundle: open, hasGroup: group !== undefined, dataMid, keepsDtls, transport };
}

/** Reads the offer or answer of a data connection, which has only data channels. Throws GatewayError INVALID_OFFER. */
export function parseDataOffer(sdp: string): OfferedTransport {
  checkSize(sdp);
  const session = parseSdp(sdp);
  const index = session.media.map(readMedia).findIndex(carriesData);
  const found = session.media[index];
  if (found === undefined) throw new GatewayError("INVALID_OFFER", "no data channels");
  return readTransport(session, found, String(found.mid ?? index), sdp);
}

/** Before it is parsed. Throws GatewayError INVALID_OFFER. */
function checkSize(sdp: string): void {
  if (sdp.length > MAX_OFFER_CHARACTERS) throw new GatewayError("INVALID_OFFER", "too long");
  if (sdp.split("\n", MAX_LINES + 2).length > MAX_LINES + 1) throw new GatewayError("INVALID_OFFER", "too many lines");
}

/** Whether an offer keeps the transport of an earlier one (RFC 8839, section 4.4.1.1.1). */
export function isSameTransport(one: OfferedTransport, other: OfferedTransport): boolean {
  return one.iceUfrag === other.iceUfrag && one.icePwd === other.icePwd && isSameCertificate(one, other);
}

/**
 * Whether the offerer replaces its transport, and begins another DTLS association. Chromium and Safari do so when another
 * m-line becomes the first of the bundle (`transceiver.stop()`, and the next track after it), perhaps with the same ICE
 * credentials.
 */
export function replacesTransport({ keepsDtls, transport }: Offer, before: Offer): boolean {
  return !keepsDtls && transport.mid !== before.transport.mid;
}

export function isSameCertificate({ fingerprint: one }: OfferedTransport, { fingerprint }: OfferedTransport): boolean {
  return one.hash.toUpperCase() === fingerprint.hash.toUpperCase();
}

function carriesMedia({ type, isClosed }: OfferedMedia): boolean {
  return !isClosed && (type === "audio" || type === "video");
}

/** RFC 8841, section 4. The library supports neither TCP nor the older `DTLS/SCTP`. */
function carriesData({ type, isClosed, protocol, formats }: OfferedMedia): boolean {
  return !isClosed && type === "application" && protocol === "UDP/DTLS/SCTP" && formats === "webrtc-datachannel";
}

function parseSdp(sdp: string): SessionDescription {
  if (!sdp.startsWith("v=0")) throw new GatewayError("INVALID_OFFER", "it does not begin with v=0");
  try {
    return withNames(parse(sdp));
  } catch (cause) {
    throw new GatewayError("INVALID_OFFER", undefined, { cause });
  }
}

/** The parser turns numeric names into numbers. No codec and no extension has such a name. */
function withNames(session: SessionDescription): SessionDescription {
  const media = session.media.map((one) => ({
    ...one,
    rtp: one.rtp.filter(({ codec }) => typeof codec === "string"),
    ...(one.ext && { ext: one.ext.filter(({ uri }) => typeof uri === "string") }),
  }));
  return { ...session, media };
}

function readMedia(media: MediaDescription, index: number): OfferedMedia {
  // The parser returns a single format as a number.
  const formats = String(media.payloads ?? "");
  const repairs = new Map<number, number>();
  for (const { payload, codec } of media.rtp) {
    if (codec.toLowerCase() !== "rtx") continue;
    const repaired = /(?:^|[;\s])apt=(\d+)/.exec(fmtpOf(media, payload))?.[1];
    if (repaired !== undefined && !repairs.has(Number(repaired))) repairs.set(Number(repaired), payload);
  }
  const order = formats.split(" ").map(Number);
  return {
    type: media.type,
    mid: String(media.mid ?? index),
    protocol: media.protocol,
    formats,
    sends: media.direction === undefined || media.direction === "sendrecv" || media.direction === "sendonly",
    receives: media.direction === undefined || media.direction === "sendrecv" || media.direction === "recvonly",
    isClosed: media.port === 0 && media.bundleOnly === undefined,
    codecs: order.flatMap((payload) => readCodec(media, payload, repairs)),
    sources: [...new Set((media.ssrcs ?? []).map(({ id }) => Number(id)))],
    repeatedSources: readRepeatedSources(media),
    allowsReducedSizeRtcp: media.rtcpRsize !== undefined,
    layers: readLayers(media),
    extensions: new Map((media.ext ?? []).map(({ uri, value }) => [uri, value])),
  };
}

/** Static payload types need no rtpmap (RFC 3551, section 6). */
const STATIC_CODECS = new Map([
  [0, { payload: 0, codec: "PCMU", rate: 8000, encoding: undefined }],
  [8, { payload: 8, codec: "PCMA", rate: 8000, encoding: undefined }],
  [9, { payload: 9, codec: "G722", rate: 8000, encoding: undefined }],
]);

function readCodec(media: MediaDescription, payload: number, repairs: ReadonlyMap<number, number>): OfferedCodec[] {
  const found = media.rtp.find((rtp) => rtp.payload === payload) ?? STATIC_CODECS.get(payload);
  if (found === undefined || AUXILIARY.has(found.codec.toLowerCase())) return [];
  const feedback = (media.rtcpFb ?? [])
    .filter((fb) => fb.payload === "*" || Number(fb.payload) === payload)
    .map(({ type, subtype }) => (subtype ? `${type} ${subtype}` : type));
  return [
    {
      codec: found.codec,
      payloadType: payload,
      samplingRate: found.rate ?? (media.type === "video" ? 90_000 : 8_000),
      channels: Number(found.encoding ?? 1),
      fmtp: fmtpOf(media, payload),
      rtxPayloadType: repairs.get(payload),
      feedback,
    },
  ];
}

function fmtpOf(media: MediaDescription, payload: number): string {
  return String(media.fmtp.find((fmtp) => fmtp.payload === payload)?.config ?? "");
}

function readRepeatedSources(media: MediaDescription): ReadonlyMap<number, number> {
  const pairs = (media.ssrcGroups ?? [])
    .filter(({ semantics }) => semantics === "FID")
    .map(({ ssrcs }) => String(ssrcs).split(" ").map(Number));
  return new Map(pairs.flatMap(([source, repeating]) => (source && repeating ? [[repeating, source] as const] : [])));
}

/** `a=simulcast:send q;h;f`; takes the first of alternatives (`a,b`), and paused ones (`~a`) too (RFC 8853, section 5.1). */
function readLayers(media: MediaDescription): string[] {
  const { simulcast } = media;
  const list = simulcast?.dir1 === "send" ? simulcast.list1 : simulcast?.dir2 === "send" ? simulcast.list2 : undefined;
  if (list === undefined) return [];
  return String(list)
    .split(";")
    .map((alternatives) => (alternatives.split(",")[0] as string).replace(/^~/, ""));
}

function readTransport(
  session: SessionDescription,
  media: MediaDescription,
  mid: string,
  sdp: string,
): OfferedTransport {
  const iceUfrag = media.iceUfrag ?? session.iceUfrag;
  const icePwd = media.icePwd ?? session.icePwd;
  const fingerprint = media.fingerprint ?? session.fingerprint;
  if (iceUfrag === undefined || icePwd === undefined) throw new GatewayError("INVALID_OFFER", "no ICE credentials");
  if (fingerprint === undefined) throw new GatewayError("INVALID_OFFER", "no DTLS fingerprint");
  return {
    mid,
    iceUfrag: String(iceUfrag),
    icePwd: String(icePwd),
    fingerprint: { type: String(fingerprint.type), hash: String(fingerprint.hash) },
    setup: media.setup ?? session.setup ?? "actpass",
    isGateway: GATEWAY_LINE_PATTERN.test(sdp),
    candidates: candidateLines(sdp, session.media.indexOf(media)),
  };
}

/** Taken from the text, so that the library gets them unchanged. */
function candidateLines(sdp: string, mediaIndex: number): string[] {
  const section = sdp.split(/^m=/m)[mediaIndex + 1] ?? "";
  return section
    .split(/\r?\n/)
    .filter((line) => line.startsWith("a=candidate:"))
    .map((line) => line.slice(2));
}
