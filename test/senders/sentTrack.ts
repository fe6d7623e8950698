import type { Track } from "node-datachannel";
import { bye, rtpPacket, senderReport } from "../rtp/packets.ts";

export interface TrackSettings {
  kind: "audio" | "video";
  /** Name in `a=rtpmap`, for example "VP8". */
  codec: string;
  payloadType: number;
  /** `a=fmtp`, without the payload type. */
  parameters?: string;
  ssrc: number;
}

/** One track of a sender: numbers its packets, and sends them with the given timestamps. */
export class SentTrack {
  readonly #track: Track;
  readonly #payloadType: number;
  readonly #hasMarkers: boolean;
  #ssrc: number;
  #sequence = 1;
  #packets = 0;
  #bytes = 0;

  constructor(track: Track, { kind, payloadType, ssrc }: TrackSettings) {
    this.#track = track;
    this.#payloadType = payloadType;
    this.#hasMarkers = kind === "video";
    this.#ssrc = ssrc;
  }

  get isOpen(): boolean {
    return this.#track.isOpen();
  }

  /** Packets sent so far, with every SSRC. */
  get packets(): number {
    return this.#packets;
  }

  /** Sends all payloads of a frame; the last one of a picture has the marker. @param timestamp in units of the codec's clock. */
  frame(payloads: readonly Buffer[], timestamp: number): void {
    for (const [index, payload] of payloads.entries()) {
      const marker = this.#hasMarkers && index === payloads.length - 1;
      const fields = { payloadType: this.#payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc };
      this.#track.sendMessageBinary(rtpPacket(fields, payload));
      this.#sequence += 1;
      this.#packets += 1;
      this.#bytes += payload.length;
    }
  }

  /** Skips this many sequence numbers, like packets that are permanently lost. */
  skip(packets: number): void {
    this.#sequence += packets;
  }

  /** Sends a sender report: at `unixMs` of the sender's wall clock its media time was `timestamp`. */
  report(unixMs: number, timestamp: number): void {
    this.#track.sendMessageBinary(senderReport(this.#ssrc, unixMs, timestamp, this.#packets, this.#bytes));
  }

  /** Sends anything, as far as the library lets it pass. Returns whether it did. */
  raw(packet: Buffer): boolean {
    try {
      return this.#track.sendMessageBinary(packet);
    } catch {
      return false; // not even libsrtp takes it for RTP or RTCP
    }
  }

  bye(): void {
    this.#track.sendMessageBinary(bye(this.#ssrc));
  }

  /** Continues with another SSRC and other sequence numbers, as a restarted encoder does. */
  restart(ssrc: number, sequence = 30_000): void {
    this.#ssrc = ssrc;
    this.#sequence = sequence;
  }
}
