import { splitCompound } from "../rtcp/compound.ts";
import { readNack } from "../rtcp/feedback.ts";
import { FORMAT_FIR, FORMAT_PLI, PAYLOAD_FEEDBACK, SENDER_REPORT } from "../rtcp/packetTypes.ts";
import { writeReceiverReport } from "../rtcp/receiverReport.ts";
import { writeSourceDescription } from "../rtcp/sourceDescription.ts";
import { programFeedback } from "./programFeedback.ts";
import type { SendLosses } from "./sendLosses.ts";
import { type SentSettings, SentTrack } from "./sentTrack.ts";

export interface SenderCallbacks {
  /** Sends RTP and RTCP to the peer; false while that is not possible. */
  toPeer(packet: Buffer): boolean;
  /** Sends RTCP to the program, if it requested RTCP. */
  toProgram(kind: "audio" | "video", packet: Buffer): void;
  /** The program requests a keyframe of the media that it receives. */
  onKeyframeWanted(kind: "audio" | "video"): void;
  /** Packets of the program were lost. Called seldom, with what was lost since the last time. */
  onLosses(kind: "audio" | "video", losses: SendLosses): void;
}

/** After a program's own report, the gateway generates none for this long. */
const OWN_REPORTS_MS = 10_000;
const REPORT_INTERVAL_MS = 1_000;

/** Sends all tracks of one connection to the peer, and forwards the peer's feedback to the program. */
export class ConnectionSender {
  readonly tracks: readonly SentTrack[];
  readonly #callbacks: SenderCallbacks;
  readonly #name: string;
  readonly #reportedMs = new Map<SentTrack, number>();

  /** @param name the CNAME of both sources, so that the peer synchronises them. */
  constructor(tracks: readonly SentSettings[], name: string, callbacks: SenderCallbacks) {
    this.#callbacks = callbacks;
    this.#name = name;
    this.tracks = tracks.map((settings) => new SentTrack(settings, callbacks.toPeer));
  }

  /** RTP from a program. */
  send(kind: "audio" | "video", datagram: Buffer, nowMs: number): void {
    for (const track of this.tracks) if (track.kind === kind) track.send(datagram, nowMs);
  }

  /** RTCP from a program. Never throws. */
  sendRtcp(kind: "audio" | "video", datagram: Buffer, nowMs: number): void {
    const track = this.tracks.find((one) => one.kind === kind);
    const packets = splitCompound(datagram);
    const isKeyframeRequest = ({ type, count }: { type: number; count: number }) =>
      type === PAYLOAD_FEEDBACK && (count === FORMAT_PLI || count === FORMAT_FIR);
    if (packets.some(isKeyframeRequest)) this.#callbacks.onKeyframeWanted(kind);
    if (track === undefined) return;
    const passed = packets.flatMap((packet) => track.rewriteRtcp(packet) ?? []);
    if (passed.length === 0) return;
    this.#reportedMs.set(track, nowMs + OWN_REPORTS_MS);
    this.#report(track, passed);
  }

  /** RTCP from the peer: retransmits lost packets, and forwards feedback to the program. Never throws. */
  receiveRtcp(compound: Buffer, nowMs: number): void {
    if (this.tracks.length === 0) return;
    const packets = splitCompound(compound);
    for (const packet of packets) {
      const nack = readNack(packet);
      if (nack === undefined) continue;
      this.tracks.find(({ ssrc }) => ssrc === nack.mediaSsrc)?.repeat(nack.sequences, nowMs);
    }
    for (const track of this.tracks) {
      const feedback = programFeedback(packets, track);
      if (feedback !== undefined) this.#callbacks.toProgram(track.kind, feedback);
    }
  }

  tick(nowMs: number): void {
    for (const track of this.tracks) {
      const losses = track.losses.take(nowMs);
      if (losses) this.#callbacks.onLosses(track.kind, losses);
      if (nowMs < (this.#reportedMs.get(track) ?? 0)) continue;
      this.#reportedMs.set(track, nowMs + REPORT_INTERVAL_MS);
      const report = track.report();
      if (report !== undefined) this.#report(track, [report]);
    }
  }

  /** The call has ended. Packets that came while its transport closed could not be sent, and were not expected to be. */
  finish(): void {
    for (const track of this.tracks) {
      const losses = track.losses.takeAll();
      if (losses && losses.missing > 0)
        this.#callbacks.onLosses(track.kind, { ...losses, unsent: 0, longestUnsent: 0 });
    }
  }

  /** A compound packet starts with a report and contains the CNAME (RFC 3550, section 6.1). */
  #report(track: SentTrack, packets: readonly Buffer[]): void {
    const begins = packets[0]?.[1] === SENDER_REPORT ? [] : [writeReceiverReport(track.ssrc, [])];
    const name = writeSourceDescription(track.ssrc, this.#name);
    this.#callbacks.toPeer(Buffer.concat([...begins, ...packets.slice(0, 1), name, ...packets.slice(1)]));
  }
}
