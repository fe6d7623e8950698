import { portsFrom } from "./ports.ts";

/**
 * Where a gateway sends a leg's media. RTP and RTCP of a track share one port (RFC 5761): on separate ports, a BYE
 * would overtake packets that ffmpeg has not read yet, and they would be missing at the end of the file.
 */
export interface RedirectTargets {
  /** IPv4 address in the recorders' network. */
  address: string;
  video: number;
  audio: number;
}

/** @param firstPort of the recorder. */
export function redirectTo(address: string, firstPort: number): RedirectTargets {
  return { address, ...portsFrom(firstPort) };
}
