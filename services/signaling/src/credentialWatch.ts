import type { Cancel, Clock } from "@skyway-call-recorder/process/clock.ts";
import { EXPIRY_WARNING_MS } from "./times.ts";

export interface CredentialWatchListeners {
  /** @param remainingS whole seconds until the credential expires. */
  onExpiring(remainingS: number): void;
  onExpired(): void;
}

/** Reports when a credential is about to expire, and when it has expired. */
export class CredentialWatch {
  readonly #clock: Clock;
  readonly #listeners: CredentialWatchListeners;
  #cancels: Cancel[] = [];

  constructor(clock: Clock, listeners: CredentialWatchListeners) {
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /** Starts the watch, or restarts it for a renewed credential. */
  expireAt(expiresAtMs: number): void {
    this.stop();
    const leftMs = expiresAtMs - this.#clock.now();
    const warnInMs = Math.max(0, leftMs - EXPIRY_WARNING_MS);
    this.#cancels = [
      this.#clock.after(warnInMs, () => this.#listeners.onExpiring(Math.floor((leftMs - warnInMs) / 1000))),
      this.#clock.after(leftMs, this.#listeners.onExpired),
    ];
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }
}
