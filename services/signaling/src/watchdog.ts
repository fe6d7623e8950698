import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { PROGRAM_SILENCE_LIMIT_MS, TRANSPORT_SILENCE_LIMIT_MS } from "./times.ts";

/**
 * Knows whether a client on WebSocket is still there. engine.io stops watching clients of its protocol 3, which
 * skyway-js speaks, as soon as they have changed from polling to WebSocket.
 */
export class Watchdog {
  readonly #clock: Clock;
  #transportHeardAt: number;
  #programHeardAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#transportHeardAt = clock.now();
    this.#programHeardAt = clock.now();
  }

  /** A pong frame: the machine and its network are there, if not the page. */
  heardTransport(): void {
    this.#transportHeardAt = this.#clock.now();
  }

  /** A packet that the page's own code sent. */
  heardProgram(): void {
    this.#programHeardAt = this.#clock.now();
    this.heardTransport();
  }

  isSilent(): boolean {
    const now = this.#clock.now();
    return (
      now - this.#transportHeardAt > TRANSPORT_SILENCE_LIMIT_MS || now - this.#programHeardAt > PROGRAM_SILENCE_LIMIT_MS
    );
  }
}
