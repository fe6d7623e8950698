import nodeDataChannel from "node-datachannel";
import type { SenderReport } from "./senderWall.ts";
import type { Kind, SentFrame } from "./sentMedia.ts";

/**
 * The reference for a recording's sync: a separate receiver on a separate connection that uses only RTP timestamps and
 * sender reports (RFC 3550, section 6.4.1).
 */
export interface Reference extends Disposable {
  /** The answer to the page's offer. */
  readonly answer: string;
  readonly media: Readonly<Record<Kind, ReferenceMedia>>;
}

export interface ReferenceMedia {
  /** Complete frames, in order. Loopback does not lose or reorder packets; otherwise `holes` would be above zero. */
  readonly frames: SentFrame[];
  readonly reports: SenderReport[];
  holes: number;
}

const CODECS: Readonly<Record<Kind, RegExp>> = { video: /^a=rtpmap:(\d+) VP8\//m, audio: /^a=rtpmap:(\d+) opus\//im };
const MID = "0";
const FIRST_RTCP_TYPE = 192;
const LAST_RTCP_TYPE = 223;
const SENDER_REPORT = 200;
const NTP_EPOCH_SECONDS = 2_208_988_800;

export async function openReference(offer: string): Promise<Reference> {
  const sections = sectionsOf(offer);
  const media = { audio: emptyMedia(), video: emptyMedia() };
  const kinds = new Map(sections.map(({ kind, payloadType }) => [payloadType, kind]));
  const sources = new Map<number, Kind>();
  const connection = new nodeDataChannel.PeerConnection("reference", { iceServers: [] });
  const gathered = new Promise<void>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === "complete") resolve();
    });
  });
  connection.onTrack((track) => {
    track.onMessage((packet) => {
      const type = packet[1] ?? 0;
      if (type >= FIRST_RTCP_TYPE && type <= LAST_RTCP_TYPE) takeReports(packet, sources, media);
      else takePacket(packet, kinds, sources, media);
    });
    kept.push(track);
  });
  const kept: unknown[] = []; // keeps references, because the library drops unreferenced tracks
  connection.setRemoteDescription(transportOffer(offer), "offer");
  await gathered;
  return {
    answer: answerTo(sections, connection.localDescription()?.sdp ?? ""),
    media,
    [Symbol.dispose]: () => connection.close(),
  };
}

function emptyMedia(): ReferenceMedia {
  return { frames: [], reports: [], holes: 0 };
}

interface Section {
  kind: Kind;
  mid: string;
  payloadType: number;
  rtpmap: string;
}

function sectionsOf(offer: string): Section[] {
  return offer
    .split(/^(?=m=)/m)
    .slice(1)
    .map((text) => {
      const kind: Kind = text.startsWith("m=audio") ? "audio" : "video";
      const [rtpmap = "", payloadType] = CODECS[kind].exec(text) ?? [];
      const mid = /^a=mid:(\S+)/m.exec(text)?.[1] ?? "";
      const line = new RegExp(`^a=rtpmap:${payloadType} .*$`, "m").exec(text)?.[0]?.trim() ?? rtpmap;
      return { kind, mid, payloadType: Number(payloadType), rtpmap: line };
    });
}

/** A single section for the transport, so that the library delivers packets of every SSRC. */
function transportOffer(offer: string): string {
  const transport = ["ice-ufrag", "ice-pwd", "fingerprint", "setup"].map(
    (name) => new RegExp(`^a=${name}:.*$`, "m").exec(offer)?.[0]?.trim() ?? "",
  );
  const session = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", `a=group:BUNDLE ${MID}`];
  const section = ["m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", ...transport, `a=mid:${MID}`];
  return `${[...session, ...section, "a=sendonly", "a=rtcp-mux", "a=rtpmap:96 VP8/90000"].join("\r\n")}\r\n`;
}

/** Receives all media without RTCP feedback. */
function answerTo(sections: readonly Section[], local: string): string {
  const transport = local
    .split(/\r?\n/)
    .filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|setup|candidate|end-of-candidates)/.test(line));
  const lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"];
  lines.push(`a=group:BUNDLE ${sections.map(({ mid }) => mid).join(" ")}`);
  for (const { kind, mid, payloadType, rtpmap } of sections) {
    lines.push(`m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`, "c=IN IP4 0.0.0.0", ...transport);
    lines.push(`a=mid:${mid}`, "a=recvonly", "a=rtcp-mux", rtpmap);
  }
  return `${lines.join("\r\n")}\r\n`;
}

const lastSequence = new WeakMap<ReferenceMedia, number>();

function takePacket(
  packet: Buffer,
  kinds: ReadonlyMap<number, Kind>,
  sources: Map<number, Kind>,
  media: Readonly<Record<Kind, ReferenceMedia>>,
): void {
  const kind = kinds.get((packet[1] ?? 0) & 0x7f);
  if (!kind) return;
  sources.set(packet.readUInt32BE(8), kind);
  const payload = rtpPayload(packet);
  if (payload.length === 0) return;
  const track = media[kind];
  const sequence = packet.readUInt16BE(2);
  const expected = ((lastSequence.get(track) ?? sequence - 1) + 1) & 0xffff;
  if (sequence !== expected) track.holes += 1;
  lastSequence.set(track, sequence);
  const rtpTimestamp = packet.readUInt32BE(4);
  const body = kind === "video" ? withoutVp8Descriptor(payload) : payload;
  const latest = track.frames.at(-1);
  if (kind === "video" && latest?.rtpTimestamp === rtpTimestamp) latest.payload = Buffer.concat([latest.payload, body]);
  else track.frames.push({ rtpTimestamp, atMs: Date.now(), payload: Buffer.from(body) });
}

/** The payload without header, header extension (RFC 3550, section 5.3.1) and padding. */
function rtpPayload(packet: Buffer): Buffer {
  const [first = 0] = packet;
  let start = 12 + 4 * (first & 0x0f);
  if (first & 0x10) start += 4 + 4 * packet.readUInt16BE(start + 2);
  const end = packet.length - (first & 0x20 ? (packet.at(-1) ?? 0) : 0);
  return packet.subarray(start, Math.max(start, end));
}

/** RFC 7741, section 4.2. */
function withoutVp8Descriptor(payload: Buffer): Buffer {
  const [first = 0, extensions = 0, pictureId = 0] = payload;
  if (!(first & 0x80)) return payload.subarray(1);
  let length = 2;
  if (extensions & 0x80) length += pictureId & 0x80 ? 2 : 1;
  if (extensions & 0x40) length += 1;
  if (extensions & 0x30) length += 1;
  return payload.subarray(length);
}

function takeReports(
  compound: Buffer,
  sources: ReadonlyMap<number, Kind>,
  media: Readonly<Record<Kind, ReferenceMedia>>,
): void {
  for (let at = 0; at + 8 <= compound.length; at += 4 * (compound.readUInt16BE(at + 2) + 1)) {
    if (compound[at + 1] !== SENDER_REPORT) continue;
    const kind = sources.get(compound.readUInt32BE(at + 4));
    const seconds = compound.readUInt32BE(at + 8) - NTP_EPOCH_SECONDS + compound.readUInt32BE(at + 12) / 2 ** 32;
    if (kind) media[kind].reports.push({ senderMs: seconds * 1000, rtpTimestamp: compound.readUInt32BE(at + 16) });
  }
}
