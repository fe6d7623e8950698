import { splitCompound } from "../rtcp/compound.ts";
import { readNack } from "../rtcp/feedback.ts";
import { FORMAT_FIR, FORMAT_PLI, PAYLOAD_FEEDBACK, SENDER_REPORT } from "../rtcp/packetTypes.ts";
import { writeReceiverReport } from "../rtcp/receiverReport.ts";
import { writeSourceDescription } from "../rtcp/sourceDescription.ts";
import { forProgram } from "./forProgram.ts";
import { type SentSettings, SentTrack } from "./sentTrack.ts";

export interface SenderSurroundings {
  /** RTP and RTCP to the peer; false while it cannot be sent. */
  toPeer(packet: Buffer): boolean;
  /** RTCP to the program, where it has said that it wants any. */
  toProgram(kind: "audio" | "video", packet: Buffer): void;
  /** A program wants a keyframe of what it receives. */
  onKeyframeWanted(kind: "audio" | "video"): void;
}

/** So long after a program's own report none is made for it. */
const OWN_REPORTS_MS = 10_000;
const REPORT_INTERVAL_MS = 1_000;

/** Sends all tracks of one connection: media on its way to the peer, and what the peer says about it on its way back. */
export class ConnectionSender {
  readonly tracks: readonly SentTrack[];
  readonly #surroundings: SenderSurroundings;
  readonly #name: string;
  readonly #reportedMs = new Map<SentTrack, number>();

  /** @param name of both sources, so that the peer plays them in time with each other. */
  constructor(tracks: readonly SentSettings[], name: string, surroundings: SenderSurroundings) {
    this.#surroundings = surroundings;
    this.#name = name;
    this.tracks = tracks.map((settings) => new SentTrack(settings, surroundings.toPeer));
  }

  /** RTP of a program. */
  send(kind: "audio" | "video", datagram: Buffer, nowMs: number): void {
    for (const track of this.tracks) if (track.kind === kind) track.send(datagram, nowMs);
  }

  /** RTCP of a program. Never throws. */
  sendRtcp(kind: "audio" | "video", datagram: Buffer, nowMs: number): void {
    const track = this.tracks.find((one) => one.kind === kind);
    const packets = splitCompound(datagram);
    const isWish = ({ type, count }: { type: number; count: number }) =>
      type === PAYLOAD_FEEDBACK && (count === FORMAT_PLI || count === FORMAT_FIR);
    if (packets.some(isWish)) this.#surroundings.onKeyframeWanted(kind);
    if (track === undefined) return;
    const passed = packets.flatMap((packet) => track.agreeing(packet) ?? []);
    if (passed.length === 0) return;
    this.#reportedMs.set(track, nowMs + OWN_REPORTS_MS);
    this.#report(track, passed);
  }

  /** RTCP of the peer: repeats what it has lost, and tells the program what it must know. Never throws. */
  receiveRtcp(compound: Buffer, nowMs: number): void {
    if (this.tracks.length === 0) return;
    const packets = splitCompound(compound);
    for (const packet of packets) {
      const nack = readNack(packet);
      if (nack === undefined) continue;
      this.tracks.find(({ ssrc }) => ssrc === nack.mediaSsrc)?.repeat(nack.sequences, nowMs);
    }
    for (const track of this.tracks) {
      const told = forProgram(packets, track);
      if (told !== undefined) this.#surroundings.toProgram(track.kind, told);
    }
  }

  tick(nowMs: number): void {
    for (const track of this.tracks) {
      if (nowMs < (this.#reportedMs.get(track) ?? 0)) continue;
      this.#reportedMs.set(track, nowMs + REPORT_INTERVAL_MS);
      const report = track.report();
      if (report !== undefined) this.#report(track, [report]);
    }
  }

  /** A compound begins with a report and names its source (RFC 3550, section 6.1). */
  #report(track: SentTrack, packets: readonly Buffer[]): void {
    const begins = packets[0]?.[1] === SENDER_REPORT ? [] : [writeReceiverReport(track.ssrc, [])];
    const name = writeSourceDescription(track.ssrc, this.#name);
    this.#surroundings.toPeer(Buffer.concat([...begins, ...packets.slice(0, 1), name, ...packets.slice(1)]));
  }
}
