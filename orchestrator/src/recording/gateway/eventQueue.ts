/** Queues events for one reader, who waits while the queue is empty. */
export class EventQueue<Event> {
  readonly #waiting: Event[] = [];
  #wake: () => void = () => undefined;
  #closed: Error | undefined;

  put(event: Event): void {
    this.#waiting.push(event);
    this.#wake();
  }

  close(reason: Error): void {
    this.#closed = reason;
    this.#wake();
  }

  /** Throws if `until` aborts first, or if the queue is closed and empty. */
  async take(until: AbortSignal): Promise<Event> {
    while (this.#waiting.length === 0) {
      if (this.#closed) throw this.#closed;
      until.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = () => {
          until.removeEventListener("abort", wake);
          resolve();
        };
        this.#wake = wake;
        until.addEventListener("abort", wake);
      });
    }
    return this.#waiting.shift() as Event;
  }
}
