import { H264_SPS } from "./parameterSets.ts";
import { vp8FrameAt } from "./vp8Descriptor.ts";

/** Whether a payload is the first of a keyframe, from which a decoder can start. Never throws. */
export type KeyframeTest = (packet: Uint8Array, payloadStart: number, payloadEnd: number) => boolean;

/** By the codec's SDP name, case-insensitive; undefined for an unknown codec, whose keyframes are not detected. */
export function keyframeTest(codec: string): KeyframeTest | undefined {
  switch (codec.toUpperCase()) {
    case "VP8":
      return startsVp8Keyframe;
    case "VP9":
      return startsVp9Keyframe;
    case "H264":
      return startsH264Keyframe;
    case "AV1":
      return startsAv1Keyframe;
    case "H265":
      return startsH265Keyframe;
    default:
      return undefined;
  }
}

/** RFC 7741, sections 4.2 and 4.3: first partition, start of it, and the frame's inverse key frame flag. */
function startsVp8Keyframe(packet: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const descriptor = packet[start] as number;
  if ((descriptor & 0x17) !== 0x10) return false;
  const at = vp8FrameAt(packet, start, end);
  return at < end && ((packet[at] as number) & 0x01) === 0;
}

/** RFC 9628, section 4.2: begins a frame, is not predicted from another, lowest spatial layer. */
function startsVp9Keyframe(packet: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const descriptor = packet[start] as number;
  const predicted = descriptor & 0x40;
  const beginsFrame = descriptor & 0x08;
  if (predicted || !beginsFrame) return false;
  let at = start + 1;
  if (descriptor & 0x80) at += (packet[at] as number) & 0x80 ? 2 : 1;
  if (descriptor & 0x20) {
    if (at >= end) return false;
    const spatialLayer = ((packet[at] as number) >> 1) & 0x07;
    return spatialLayer === 0;
  }
  return at <= end;
}

const H264_STAP_A = 24;

/**
 * RFC 6184, sections 5.4 to 5.8. Browsers send the parameter sets right before each IDR picture, with the same
 * timestamp: a stream starts with the sequence parameter set, not with the slice that follows it. `H264Frame` judges
 * whole frames, and `startsH264Picture` streams whose parameter sets are known.
 */
function startsH264Keyframe(packet: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const type = (packet[start] as number) & 0x1f;
  if (type === H264_SPS) return true;
  if (type !== H264_STAP_A) return false;
  let at = start + 1;
  while (at + 2 < end) {
    const size = ((packet[at] as number) << 8) | (packet[at + 1] as number);
    if (((packet[at + 2] as number) & 0x1f) === H264_SPS) return true;
    at += 2 + size;
  }
  return false;
}

/** AV1 RTP, section 4.4: N marks the first packet of a coded video sequence. */
function startsAv1Keyframe(packet: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const aggregation = packet[start] as number;
  return (aggregation & 0x08) !== 0 && (aggregation & 0x80) === 0;
}

const H265_VPS = 32;
const H265_SPS = 33;
const H265_AGGREGATION = 48;

/** RFC 7798, section 4.4: parameter sets, single or aggregated, precede each IRAP picture. */
function startsH265Keyframe(packet: Uint8Array, start: number, end: number): boolean {
  if (start + 2 >= end) return false;
  const type = ((packet[start] as number) >> 1) & 0x3f;
  if (type === H265_VPS || type === H265_SPS) return true;
  if (type !== H265_AGGREGATION || start + 4 >= end) return false;
  const first = ((packet[start + 4] as number) >> 1) & 0x3f;
  return first === H265_VPS || first === H265_SPS;
}
