import { randomInt } from "node:crypto";
import type { Kind } from "../../archive/library/manifest.ts";

const FIRST_PORT = 10_000;
/** RTP ports are even; ffmpeg also uses the next odd port for RTCP (RFC 3550, section 11). */
const PORTS_OF_A_RECORDER = 4;
/** All ports are below those that Linux gives to sockets without a port of their own, from 32,768. */
const RECORDERS = 5_500;

/** @param first the first port of a recorder. */
export function portsFrom(first: number): Readonly<Record<Kind, number>> {
  return { video: first, audio: first + 2 };
}

/**
 * Gives each recorder ports of its own: all share one network namespace. The ports of a recorder that has ended are used
 * again as late as possible, because a gateway sends to a lost recorder until its loss is noticed.
 */
export class PortAllocator {
  /** First ports, by the name of the recorder's container. */
  readonly #taken = new Map<string, number>();
  #next: number;

  /** @param start index to begin with; random by default, so that a restart does not use recent ports again. */
  constructor(start = randomInt(RECORDERS)) {
    this.#next = start % RECORDERS;
  }

  /** @returns the first port. @throws RangeError if there are more recorders than ports. */
  take(name: string): number {
    const used = new Set(this.#taken.values());
    for (let tried = 0; tried < RECORDERS; tried++) {
      const port = FIRST_PORT + this.#next * PORTS_OF_A_RECORDER;
      this.#next = (this.#next + 1) % RECORDERS;
      if (used.has(port)) continue;
      this.#taken.set(name, port);
      return port;
    }
    throw new RangeError(`all ports of ${RECORDERS} recorders are in use`);
  }

  /** Notes the ports of a recorder that an earlier process has started. */
  keep(name: string, first: number): void {
    this.#taken.set(name, first);
  }

  free(name: string): void {
    this.#taken.delete(name);
  }
}
