import { FIXED_HEADER_BYTES, type RtpHeader } from "./packet.ts";
import { BEGINS_FRAME, ENDS_FRAME, PREDICTED, withPlainVp9Descriptor } from "./vp9Descriptor.ts";
import { Vp9Headers } from "./vp9Header.ts";

/**
 * Joins the spatial layers of a VP9 picture. Each layer is a frame of its own, and all of them are needed to decode the
 * largest (RFC 9628, section 3). ffmpeg 7.1 puts everything up to the marker into one packet, of which it then decodes the
 * first frame, and senders leave lower layers visible. So the lower layers are hidden, and an index makes the whole a
 * superframe (VP9 bitstream specification, annex B), which decoders split again.
 *
 * Budget: 2 µs per picture.
 */

/** Of a packet with a plain descriptor. */
const DESCRIPTOR = FIXED_HEADER_BYTES;
const PAYLOAD_START = DESCRIPTOR + 1;
const MARKER = 0x80;
const MAX_FRAMES = 8;
const INDEX_MARKER = 0xc0;

export class Vp9Picture {
  readonly #headers = new Vp9Headers();
  /** Positions of the packets that begin a frame. */
  readonly #starts: number[] = [];
  /** Number of spatial layers of the picture. */
  get layers(): number {
    return this.#starts.length;
  }

  /** A new picture begins. */
  begin(): void {
    this.#starts.length = 0;
  }

  /**
   * The next packet of the picture in the form that `join` expects; undefined if it is damaged.
   *
   * @param index its position among the packets of the picture.
   */
  take(packet: Buffer, header: RtpHeader, index: number): Buffer | undefined {
    const begins = ((packet[header.payloadStart] as number) & BEGINS_FRAME) !== 0;
    const plain = withPlainVp9Descriptor(packet, header);
    if (plain !== undefined && (begins || index === 0)) this.#starts.push(index);
    return plain;
  }

  /**
   * Changes the packets of a whole picture so that only its largest layer is shown.
   *
   * @returns false if its end is missing: Chromium drops what it has not sent yet when it makes a keyframe, without a gap
   * in the sequence numbers.
   */
  join(packets: Buffer[]): boolean {
    const last = packets.at(-1);
    if (last === undefined) return false;
    const isMarked = ((last[1] as number) & MARKER) !== 0;
    if (!isMarked && ((last[DESCRIPTOR] as number) & ENDS_FRAME) === 0) return false;
    last[1] = (last[1] as number) | MARKER; // ffmpeg demands both
    last[DESCRIPTOR] = (last[DESCRIPTOR] as number) | ENDS_FRAME;
    const starts = this.#starts;
    for (const [position, start] of starts.entries()) {
      const packet = packets[start] as Buffer;
      const frame = packet.subarray(PAYLOAD_START);
      this.#headers.read(frame);
      if (position === starts.length - 1) break;
      const hidden = this.#headers.hidden(frame);
      if (hidden !== undefined && hidden !== frame)
        packets[start] = Buffer.concat([packet.subarray(0, PAYLOAD_START), hidden]);
    }
    if (starts.length > 1 && starts.length <= MAX_FRAMES) this.#makeSuperframe(packets);
    return true;
  }

  #makeSuperframe(packets: Buffer[]): void {
    const index = this.#index(packets);
    // ffmpeg refuses packets that begin or end a frame in the middle of the picture.
    const predicted = (packets[0]?.[DESCRIPTOR] as number) & PREDICTED;
    for (const packet of packets) packet[DESCRIPTOR] = predicted | (packet === packets[0] ? BEGINS_FRAME : 0);
    const last = packets.length - 1;
    packets[last] = Buffer.concat([packets[last] as Buffer, index]);
    (packets[last] as Buffer)[DESCRIPTOR] = predicted | ENDS_FRAME;
  }

  #index(packets: readonly Buffer[]): Buffer {
    const sizes = this.#starts.map((start, position) =>
      packets
        .slice(start, this.#starts[position + 1] ?? packets.length)
        .reduce((sum, packet) => sum + packet.length - PAYLOAD_START, 0),
    );
    const bytes = Math.max(1, Math.ceil(Math.log2(Math.max(...sizes) + 1) / 8));
    const index = Buffer.alloc(2 + bytes * sizes.length, INDEX_MARKER | ((bytes - 1) << 3) | (sizes.length - 1));
    for (const [position, size] of sizes.entries()) index.writeUIntLE(size, 1 + position * bytes, bytes);
    return index;
  }
}
