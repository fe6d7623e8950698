import { writeUint16, writeUint32 } from "./packet.ts";

/** Builds packets as browsers send them, for tests and measurements. */
export interface SimulatedStream {
  ssrc: number;
  payloadType: number;
  clockRate: number;
  rtx?: { ssrc: number; payloadType: number };
}

export const VIDEO: SimulatedStream = {
  ssrc: 0x1111_1111,
  payloadType: 96,
  clockRate: 90_000,
  rtx: { ssrc: 0x1111_2222, payloadType: 97 },
};
export const AUDIO: SimulatedStream = { ssrc: 0x2222_2222, payloadType: 111, clockRate: 48_000 };

export function rtpPacket(fields: {
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  marker?: boolean;
  payload: Uint8Array;
  padding?: number;
}): Buffer {
  const padding = fields.padding ?? 0;
  const packet = Buffer.alloc(12 + fields.payload.length + padding);
  packet[0] = 0x80 | (padding > 0 ? 0x20 : 0);
  packet[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  writeUint16(packet, 2, fields.sequence & 0xffff);
  writeUint32(packet, 4, fields.timestamp >>> 0);
  writeUint32(packet, 8, fields.ssrc);
  packet.set(fields.payload, 12);
  if (padding > 0) packet[packet.length - 1] = padding;
  return packet;
}

/** RFC 7741: one byte of descriptor, then the frame header's first byte. `id` makes the payload unique. */
export function vp8Payload(options: { keyframe: boolean; begins: boolean; id: number; length?: number }): Buffer {
  const payload = Buffer.alloc(options.length ?? 20);
  payload[0] = options.begins ? 0x10 : 0x00;
  payload[1] = options.keyframe ? 0x00 : 0x01;
  payload.writeUInt32BE(options.id >>> 0, 4);
  return payload;
}

/** As in libwebrtc (rtp_packet_history.cc): sent packets are dropped after this time … */
const MEMORY_MS = 2_000;
/** … and retransmitted at most once in this time (in libwebrtc, the round trip). */
const REPEAT_MS = 40;

/** A camera or a microphone: frames of several packets, kept for retransmission. */
export class SimulatedSender {
  readonly #stream: SimulatedStream;
  readonly #sent = new Map<number, { packet: Buffer; sentMs: number; repeatedMs: number }>();
  #frameMs = 0;
  #sequence: number;
  #rtxSequence = 7_000;
  #timestamp: number;
  #packets = 0;
  /** Timestamps of the frames sent. */
  readonly frames: number[] = [];
  keyframeWanted = true;

  constructor(stream: SimulatedStream, first: { sequence?: number; timestamp?: number } = {}) {
    this.#stream = stream;
    this.#sequence = first.sequence ?? 65_530;
    this.#timestamp = first.timestamp ?? 0xffff_f000;
  }

  /** The RTP timestamp at `nowMs`. */
  timestampAt(nowMs: number): number {
    return (this.#timestamp + ((nowMs - this.#frameMs) * this.#stream.clockRate) / 1000) >>> 0;
  }

  get packetCount(): number {
    return this.#packets;
  }

  /** The next frame's packets, `ms` after the previous frame; video frames have `count` packets, audio frames one. */
  frame(ms: number, count = 1, nowMs = 0): Buffer[] {
    const isVideo = this.#stream.clockRate === 90_000;
    const keyframe = this.keyframeWanted;
    this.keyframeWanted = false;
    this.#timestamp = (this.#timestamp + (ms * this.#stream.clockRate) / 1000) % 2 ** 32; // not rounded: drift adds up
    this.#frameMs = nowMs;
    this.frames.push(this.#timestamp >>> 0);
    return Array.from({ length: count }, (_, index) => {
      const id = this.#packets++;
      const packet = rtpPacket({
        payloadType: this.#stream.payloadType,
        sequence: this.#sequence,
        timestamp: this.#timestamp,
        ssrc: this.#stream.ssrc,
        marker: isVideo ? index === count - 1 : id === 0,
        payload: isVideo ? vp8Payload({ keyframe, begins: index === 0, id }) : Buffer.from([0x78, id >> 8, id & 0xff]),
      });
      this.#sent.set(this.#sequence, { packet, sentMs: nowMs, repeatedMs: Number.NEGATIVE_INFINITY });
      this.#sequence = (this.#sequence + 1) & 0xffff;
      return Buffer.from(packet);
    });
  }

  /** A bandwidth probe: padding with its own sequence number. */
  padding(): Buffer {
    const packet = rtpPacket({
      payloadType: this.#stream.payloadType,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      ssrc: this.#stream.ssrc,
      payload: Buffer.alloc(0),
      padding: 200,
    });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return Buffer.from(packet);
  }

  /** Retransmits a packet: as RTX if negotiated, otherwise unchanged. */
  again(sequence: number, nowMs = 0): Buffer | undefined {
    const sent = this.#sent.get(sequence);
    if (sent === undefined || nowMs - sent.sentMs > MEMORY_MS || nowMs - sent.repeatedMs < REPEAT_MS) return undefined;
    sent.repeatedMs = nowMs;
    const { packet } = sent;
    const { rtx } = this.#stream;
    if (rtx === undefined) return Buffer.from(packet);
    const repeated = Buffer.alloc(packet.length + 2);
    packet.copy(repeated, 0, 0, 12);
    writeUint16(repeated, 12, sequence);
    packet.copy(repeated, 14, 12);
    repeated[1] = ((packet[1] as number) & 0x80) | rtx.payloadType;
    writeUint16(repeated, 2, this.#rtxSequence++ & 0xffff);
    writeUint32(repeated, 8, rtx.ssrc);
    return repeated;
  }
}
