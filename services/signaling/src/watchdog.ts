import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { PROGRAM_SILENCE_LIMIT_MS, TRANSPORT_SILENCE_LIMIT_MS } from "./times.ts";

/**
 * Detects dead clients on WebSocket. engine.io does not watch clients of its protocol 3, which skyway-js uses, after
 * they have upgraded from polling to WebSocket.
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

  /** To be called for a pong frame: machine and network are alive, but the page may hang. */
  heardTransport(): void {
    this.#transportHeardAt = this.#clock.now();
  }

  /** To be called for a packet that the page's own code sent. */
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
