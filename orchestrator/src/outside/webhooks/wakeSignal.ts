/** Wakes the delivery of one call's messages to one receiver while it waits for the next attempt. */
export class WakeSignal {
  #controller = new AbortController();

  /** Aborts when the messages must be checked again before the wait is over. */
  get signal(): AbortSignal {
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    return this.#controller.signal;
  }

  wake(): void {
    this.#controller.abort();
  }
}
