import type { Codec, Kind } from "./codecs.ts";

/** The article's ports, inside each recorder's own network namespace; RTCP is one above (RFC 3550, section 11). */
export const RTP_PORTS: Readonly<Record<Kind, number>> = { video: 5000, audio: 5002 };

/** What ffmpeg needs to know of one track (RFC 8866). */
export function trackSdp(kind: Kind, { codec, payloadType, samplingRate, channels, fmtp }: Codec): string {
  const encoding = kind === "audio" ? `${codec}/${samplingRate}/${channels}` : `${codec}/${samplingRate}`;
  return [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    `m=${kind} ${RTP_PORTS[kind]} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${encoding}`,
    ...(fmtp ? [`a=fmtp:${payloadType} ${fmtp}`] : []),
    "",
  ].join("\r\n");
}
