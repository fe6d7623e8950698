/** What goes to one receiver about one call, one message after another. */
export class Lane {
  #nudge = new AbortController();

  /** Aborts when there is a reason to look again before the time has come. */
  get nudged(): AbortSignal {
    if (this.#nudge.signal.aborted) this.#nudge = new AbortController();
    return this.#nudge.signal;
  }

  nudge(): void {
    this.#nudge.abort();
  }
}
