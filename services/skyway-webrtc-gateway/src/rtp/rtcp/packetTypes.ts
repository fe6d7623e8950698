/** RTCP packet types (RFC 3550, 4585, 3611) and the feedback formats we send. */
export const SENDER_REPORT = 200;
export const RECEIVER_REPORT = 201;
export const SOURCE_DESCRIPTION = 202;
export const BYE = 203;
export const TRANSPORT_FEEDBACK = 205;
export const PAYLOAD_FEEDBACK = 206;
export const EXTENDED_REPORT = 207;

/** RFC 4585, section 6.2.1. */
export const FORMAT_NACK = 1;
/** RFC 4585, section 6.3.1. */
export const FORMAT_PLI = 1;
/** RFC 5104, section 4.3.1. */
export const FORMAT_FIR = 4;
/** draft-alvestrand-rmcat-remb: "application layer feedback". */
export const FORMAT_REMB = 15;

/** Version 2, no padding, `count` in the low five bits; then type and length in 32-bit words minus one. */
export function writeRtcpHeader(bytes: Uint8Array, at: number, count: number, type: number, length: number): void {
  bytes[at] = 0x80 | count;
  bytes[at + 1] = type;
  const words = length / 4 - 1;
  bytes[at + 2] = words >>> 8;
  bytes[at + 3] = words;
}
