import { RTP_PORTS } from "./sdp.ts";

/** Where a gateway sends a leg's RTP and RTCP. */
export interface RedirectTargets {
  /** IPv4 in the recorders' network. */
  address: string;
  video: number;
  videoRtcp: number;
  audio: number;
  audioRtcp: number;
}

/** RTCP is one above RTP (RFC 3550, section 11). */
export function redirectTo(address: string): RedirectTargets {
  return {
    address,
    video: RTP_PORTS.video,
    videoRtcp: RTP_PORTS.video + 1,
    audio: RTP_PORTS.audio,
    audioRtcp: RTP_PORTS.audio + 1,
  };
}
