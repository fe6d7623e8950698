import type { Kind } from "./mediaSession.ts";

/** A peer that is up and silent, as a page that only receives, gets its media this much later. */
export const FIRST_PACKETS_LIMIT_MS = 300;
/** Two seconds of video at 6 Mbit/s. */
const MAX_PACKETS = 1_000;

interface FirstPacket {
  kind: Kind;
  datagram: Buffer;
}

/**
 * Keeps what a program sends right after READY. One side completes DTLS before the other, and the library of the other side
 * drops packets until then: mostly the only keyframe. The first packet of the peer shows that it is up.
 */
export class FirstPackets {
  /** Undefined when packets may be sent. */
  #kept: FirstPacket[] | undefined = [];
  #untilMs = Number.POSITIVE_INFINITY;

  /** Our side is up. */
  begin(nowMs: number): void {
    this.#untilMs = nowMs + FIRST_PACKETS_LIMIT_MS;
  }

  /** False if the packet is to be sent now. */
  keep(kind: Kind, datagram: Buffer): boolean {
    if (this.#kept === undefined || this.#kept.length >= MAX_PACKETS) return false;
    this.#kept.push({ kind, datagram });
    return true;
  }

  /** Whether the peer was silent for too long. */
  isDue(nowMs: number): boolean {
    return this.#kept !== undefined && nowMs >= this.#untilMs;
  }

  /** Returns what was kept; from now on, nothing is. May be called again. */
  take(): readonly FirstPacket[] {
    const kept = this.#kept ?? NONE;
    this.#kept = undefined;
    return kept;
  }
}

const NONE: readonly FirstPacket[] = [];
