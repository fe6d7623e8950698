/** Splits frames into RTP payloads, one function per codec. */

const MAX_PAYLOAD_BYTES = 1_150;

export type Payloads = (frame: Buffer) => Buffer[];

/** Audio: one frame per packet (RFC 7587, RFC 3551). */
export const wholePayload: Payloads = (frame) => [frame];

/** RFC 7741: a descriptor of one byte, which marks the start of a frame. */
export const vp8Payloads: Payloads = (frame) =>
  pieces(frame, MAX_PAYLOAD_BYTES).map((piece, index) => Buffer.concat([Buffer.of(index === 0 ? 0x10 : 0), piece]));

/** RFC 9628: start, end, and whether the frame depends on other frames. */
export const vp9Payloads: Payloads = (frame) => {
  const predicted = isVp9Keyframe(frame) ? 0 : 0x40;
  const cut = pieces(frame, MAX_PAYLOAD_BYTES);
  return cut.map((piece, index) => {
    const descriptor = predicted | (index === 0 ? 0x08 : 0) | (index === cut.length - 1 ? 0x04 : 0);
    return Buffer.concat([Buffer.of(descriptor), piece]);
  });
};

/** RFC 6184, packetization mode 1: small NAL units unchanged, large ones as FU-A. */
export const h264Payloads: Payloads = (accessUnit) => nalUnits(accessUnit).flatMap(nalPayloads);

/** RFC 6184, packetization mode 0: one packet per NAL unit of any size. */
export const h264SinglePayloads: Payloads = (accessUnit) => nalUnits(accessUnit);

function nalPayloads(unit: Buffer): Buffer[] {
  if (unit.length <= MAX_PAYLOAD_BYTES) return [unit];
  const [first = 0] = unit;
  const cut = pieces(unit.subarray(1), MAX_PAYLOAD_BYTES);
  return cut.map((piece, index) => {
    const start = index === 0 ? 0x80 : 0;
    const end = index === cut.length - 1 ? 0x40 : 0;
    return Buffer.concat([Buffer.of((first & 0xe0) | 28, start | end | (first & 0x1f)), piece]);
  });
}

/** The NAL units of a byte stream (ITU-T H.264, annex B), without start codes. */
export function nalUnits(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = afterStartCode(stream, 0);
  while (start !== undefined) {
    const next = stream.indexOf(START_CODE, start);
    const end = next < 0 ? stream.length : next - (stream[next - 1] === 0 ? 1 : 0);
    units.push(stream.subarray(start, end));
    start = next < 0 ? undefined : afterStartCode(stream, next);
  }
  return units;
}

const START_CODE = Buffer.of(0, 0, 1);

function afterStartCode(stream: Buffer, from: number): number | undefined {
  const found = stream.indexOf(START_CODE, from);
  return found < 0 ? undefined : found + START_CODE.length;
}

/** VP9 bitstream, section 6.2: marker, two bits of profile, show_existing_frame, frame_type. */
function isVp9Keyframe(frame: Buffer): boolean {
  return ((frame[0] ?? 0) & 0b0000_1100) === 0;
}

function pieces(bytes: Buffer, size: number): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
