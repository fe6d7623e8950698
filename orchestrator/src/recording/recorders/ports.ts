import { createHash } from "node:crypto";
import type { Kind } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";

const FIRST_PORT = 10_000;
/** Even ones, of which ffmpeg takes the next for RTCP, too (RFC 3550, section 11). */
const PORTS_OF_A_RECORDER = 4;
const RECORDERS = 12_500;

/**
 * Where a recorder listens, inside its own network namespace: at ports that no other one has. Docker gives the address of
 * a recorder that was lost to the next one at once, and until its loss is noticed its call is still sent there.
 */
export function portsOf(recorderId: RecorderId): Readonly<Record<Kind, number>> {
  const place = createHash("sha256").update(recorderId).digest().readUInt32BE(0) % RECORDERS;
  const first = FIRST_PORT + place * PORTS_OF_A_RECORDER;
  return { video: first, audio: first + 2 };
}
