import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyHeader, FIXED_HEADER_BYTES, readHeader } from "./packet.ts";
import { Vp9Picture } from "./vp9Picture.ts";

const HEADER = Buffer.from("806200010000000000000001", "hex");
/** Descriptor bits of RFC 9628: I, P, L, F, B, E, V. */
const [PREDICTED, LAYERS, FLEXIBLE, BEGINS, ENDS] = [0x40, 0x20, 0x10, 0x08, 0x04];
const PAYLOAD_AT = FIXED_HEADER_BYTES + 1;
const SECOND = Buffer.from("aa");
const REST = Buffer.from("c0ffee");

/** Writes uncompressed headers (VP9 bitstream specification, section 6.2). */
class Bits {
  text = "";
  put(value: number, bits: number): this {
    this.text += value.toString(2).padStart(bits, "0");
    return this;
  }
  bytes(): Buffer {
    const padded = this.text.padEnd(Math.ceil(this.text.length / 8) * 8, "0");
    return Buffer.from((padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  }
}

/** Everything behind the size, of an error resilient frame: filter, quantizer, segmentation, tiles, length. */
function rest(bits: Bits, maxTileBits: number): Bits {
  bits.put(0, 2).put(17, 6).put(0, 3).put(1, 1).put(1, 1).put(1, 1).put(5, 7);
  for (let delta = 1; delta < 6; delta++) bits.put(0, 1);
  bits.put(80, 8).put(1, 1).put(9, 5).put(0, 1).put(0, 1).put(0, 1);
  return bits
    .put(0, maxTileBits > 0 ? 1 : 0)
    .put(0, 1)
    .put(300, 16);
}

function keyframe(width: number, height: number): Bits {
  const bits = new Bits().put(0b10, 2).put(0, 2).put(0, 1).put(0, 1).put(1, 1).put(1, 1);
  bits
    .put(0x498342, 24)
    .put(1, 3)
    .put(0, 1)
    .put(width - 1, 16)
    .put(height - 1, 16)
    .put(0, 1);
  return rest(bits, 1);
}

function interframe(isShown: boolean, size?: [number, number]): Bits {
  const bits = new Bits()
    .put(0b10, 2)
    .put(0, 2)
    .put(0, 1)
    .put(1, 1)
    .put(isShown ? 1 : 0, 1)
    .put(1, 1);
  if (!isShown) bits.put(0, 1); // intra_only
  bits.put(0b10, 8).put(0, 4).put(1, 4).put(2, 4);
  if (size)
    bits
      .put(0, 3)
      .put(size[0] - 1, 16)
      .put(size[1] - 1, 16);
  else bits.put(1, 1);
  bits.put(0, 1).put(1, 1).put(0, 1).put(1, 1);
  return rest(bits, 1);
}

function packet(descriptor: number, payload: Buffer, marker = false): Buffer {
  const bytes = Buffer.concat([
    HEADER,
    Buffer.from([descriptor, 0, ...(descriptor & FLEXIBLE && descriptor & PREDICTED ? [2] : [])]),
    payload,
  ]);
  if (marker) bytes[1] = (bytes[1] as number) | 0x80;
  return bytes;
}

/** The picture as forwarded; undefined if it is not whole. */
function join(picture: Vp9Picture, packets: Buffer[]): Buffer[] | undefined {
  picture.begin();
  const taken: Buffer[] = [];
  for (const one of packets) {
    const header = emptyHeader();
    readHeader(one, header);
    const plain = picture.take(one, header, taken.length);
    if (plain) taken.push(plain);
  }
  return picture.join(taken) ? taken : undefined;
}

const payloads = (packets: Buffer[] = []) => Buffer.concat(packets.map((one) => one.subarray(PAYLOAD_AT)));
const frameOf = (bits: Bits) => Buffer.concat([bits.bytes(), REST]);
const LAYER = LAYERS | FLEXIBLE;

describe("a VP9 picture with spatial layers", () => {
  it("becomes a superframe whose lower layers are hidden, and one frame for ffmpeg", () => {
    const picture = new Vp9Picture();
    const [low, high] = [keyframe(640, 360), interframe(true, [1280, 720])];
    const joined = join(picture, [
      packet(LAYER | BEGINS, frameOf(low)),
      packet(LAYER | ENDS, SECOND),
      packet(LAYER | BEGINS | ENDS, frameOf(high), true),
    ]);
    const hiddenLow = frameOf(low);
    hiddenLow[0] = (hiddenLow[0] as number) & ~0x02;
    const sizes = [hiddenLow.length + SECOND.length, frameOf(high).length];
    const index = Buffer.from([0xc1, ...sizes, 0xc1]);
    expect(payloads(joined)).toEqual(Buffer.concat([hiddenLow, SECOND, frameOf(high), index]));
    expect(joined?.map((one) => one[FIXED_HEADER_BYTES])).toEqual([BEGINS, 0, ENDS]);
  });

  it("has inter frames hidden by a header that is one bit longer", () => {
    const picture = new Vp9Picture();
    join(picture, [packet(LAYER | BEGINS | ENDS, frameOf(keyframe(640, 360)), true)]);
    const joined = join(picture, [
      packet(LAYER | PREDICTED | BEGINS | ENDS, frameOf(interframe(true))),
      packet(LAYER | PREDICTED | BEGINS | ENDS, frameOf(interframe(true, [1280, 720])), true),
    ]);
    expect(joined?.[0]?.subarray(PAYLOAD_AT)).toEqual(frameOf(interframe(false)));
  });

  it("is shown as it is if it has one layer", () => {
    const frame = frameOf(keyframe(640, 360));
    const joined = join(new Vp9Picture(), [packet(LAYER | BEGINS | ENDS, frame, true)]);
    expect(payloads(joined)).toEqual(frame);
  });

  it("ends at the last layer that was sent, also without a marker", () => {
    const joined = join(new Vp9Picture(), [packet(LAYER | BEGINS | ENDS, frameOf(keyframe(640, 360)))]);
    expect((joined?.[0]?.[1] as number) & 0x80).toBe(0x80);
  });

  it("is left out if the sender has not sent its end", () => {
    expect(join(new Vp9Picture(), [packet(LAYER | BEGINS, frameOf(keyframe(640, 360)))])).toBeUndefined();
  });

  it("is read without exceptions, whatever the packets contain", () => {
    const one = fc.tuple(fc.nat(255), fc.uint8Array({ minLength: 1, maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (packets) => {
        join(
          new Vp9Picture(),
          packets.map(([descriptor, payload]) => packet(descriptor, Buffer.from(payload))),
        );
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });
});
