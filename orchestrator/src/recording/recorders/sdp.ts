import type { Kind } from "../../archive/library/manifest.ts";
import type { Codec } from "./codecs.ts";

/** Long enough for H264 parameter sets, the longest useful format parameters. */
const FMTP_LIMIT_CHARACTERS = 1_024;

/**
 * The SDP that describes one track to ffmpeg (RFC 8866).
 *
 * @param port where ffmpeg receives the track.
 */
export function trackSdp(
  kind: Kind,
  port: number,
  { codec, payloadType, samplingRate, channels, fmtp }: Codec,
): string {
  const encoding = kind === "audio" ? `${codec}/${samplingRate}/${channels}` : `${codec}/${samplingRate}`;
  return [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    `m=${kind} ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${encoding}`,
    ...(fmtp ? [`a=fmtp:${payloadType} ${oneLine(fmtp)}`] : []),
    "",
  ].join("\r\n");
}

/** The text comes from the caller: it must not add lines to the SDP. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ").slice(0, FMTP_LIMIT_CHARACTERS);
}
