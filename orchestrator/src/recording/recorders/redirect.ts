import type { RecorderId } from "../../ids.ts";
import { portsOf } from "./ports.ts";

/**
 * Where a gateway sends a leg's media: RTP and RTCP of a track to one port (RFC 5761). On a port of its own a BYE would
 * overtake the packets that ffmpeg has not read yet, and the file would end without them.
 */
export interface RedirectTargets {
  /** IPv4 in the recorders' network. */
  address: string;
  video: number;
  audio: number;
}

export function redirectTo(address: string, recorderId: RecorderId): RedirectTargets {
  return { address, ...portsOf(recorderId) };
}
