import { createHash } from "node:crypto";
import type { Kind } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";

const FIRST_PORT = 10_000;
/** RTP ports are even; ffmpeg also uses the next odd port for RTCP (RFC 3550, section 11). */
const PORTS_OF_A_RECORDER = 4;
const RECORDERS = 12_500;

/**
 * The ports of a recorder, in its own network namespace. They are derived from its id, so that another recorder
 * normally has others: Docker reuses the address of a lost recorder immediately, and until the loss is noticed, the
 * gateway still sends the lost recorder's media to that address.
 */
export function portsOf(recorderId: RecorderId): Readonly<Record<Kind, number>> {
  const index = createHash("sha256").update(recorderId).digest().readUInt32BE(0) % RECORDERS;
  const first = FIRST_PORT + index * PORTS_OF_A_RECORDER;
  return { video: first, audio: first + 2 };
}
