import fc from "fast-check";

/** The largest packet of a caller. */
export const MAX_PACKET_BYTES = 1_500;

/** What is done to a packet. */
interface Damage {
  /** How many of every ten packets are unmodified browser packets. */
  sound: number;
  flips: readonly (readonly [at: number, bits: number])[];
  cutTo: number;
  more: Uint8Array;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  sound: fc.nat({ max: 9 }),
  flips: fc.array(fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 255 })), { maxLength: 6 }),
  cutTo: fc.oneof({ weight: 4, arbitrary: fc.constant(MAX_PACKET_BYTES) }, fc.nat({ max: 60 })),
  more: fc.oneof({ weight: 4, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 300 })),
});
const bytes = fc
  .tuple(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(undefined, 96, 97, 111, 200, 201, 202, 203, 204, 205, 206, 207),
  )
  .map(([random, type]) => {
    const packet = Buffer.from(random);
    // A valid version and type pass more checks.
    if (type !== undefined && packet.length >= 2) packet.set([0x80 | ((packet[0] ?? 0) & 0x3f), type]);
    return packet;
  });
/** A frame of a browser, damaged or not, or bytes that are none; and how much time passes after it. */
export const hostileStep = fc.record({
  kind: fc.constantFrom("video", "video", "audio", "bytes"),
  damage,
  bytes,
  passMs: fc.constantFrom(0, 1, 1, 5, 33, 2_000),
});

/** @param count of the packets before it: some of every ten stay unmodified. */
export function damaged(packet: Buffer, { sound, flips, cutTo, more }: Damage, count: number): Buffer {
  if (count % 10 < sound) return packet;
  for (const [at, bits] of flips) if (at < packet.length) packet[at] = (packet[at] ?? 0) ^ bits;
  return Buffer.concat([packet.subarray(0, cutTo), more]);
}
