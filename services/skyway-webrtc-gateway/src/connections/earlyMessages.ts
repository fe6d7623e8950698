/**
 * How many messages of one connection wait for the program's address, and their bytes: at least one of the maximum length.
 * They are sent in one burst, which must fit into the default receive buffer of a program's socket. Linux counts each
 * datagram with its overhead: 92 of 1,200 bytes, 48 of 2,048, or 12 of 8,192 fit.
 */
export const MAX_EARLY_MESSAGES = 64;
export const MAX_EARLY_BYTES = 64 * 1024;
/** The bytes that wait in all connections: any page can open a connection that no program attaches to. */
export const MAX_EARLY_BYTES_IN_ALL = 16 * 1024 * 1024;

/** What all data connections share: the bytes that wait, and the messages that were dropped since the start. */
export interface DataTotals {
  earlyBytes: number;
  droppedToProgram: number;
  droppedToPeer: number;
}

export function noDataTotals(): DataTotals {
  return { earlyBytes: 0, droppedToProgram: 0, droppedToPeer: 0 };
}

/**
 * Messages of a peer that wait until the program names an address: pages send at `open`, often before the program's PUT.
 * Keeps the first ones. Those that exceed a limit are dropped and counted, and so are all that follow: what is delivered
 * has no gap.
 */
export class EarlyMessages {
  readonly #totals: DataTotals;
  #messages: Buffer[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(totals: DataTotals) {
    this.#totals = totals;
  }

  add(message: Buffer): void {
    if (this.#dropped > 0 || !this.#fits(message)) {
      this.#dropped += 1;
      this.#totals.droppedToProgram += 1;
      return;
    }
    this.#messages.push(message);
    this.#bytes += message.length;
    this.#totals.earlyBytes += message.length;
  }

  /** Returns the kept messages in order, and how many were dropped. Keeps nothing. */
  take(): { messages: Buffer[]; dropped: number } {
    const taken = { messages: this.#messages, dropped: this.#dropped };
    this.#totals.earlyBytes -= this.#bytes;
    this.#messages = [];
    this.#bytes = 0;
    this.#dropped = 0;
    return taken;
  }

  /** Drops the kept messages. Returns how many were dropped in all. */
  discard(): number {
    const { messages, dropped } = this.take();
    this.#totals.droppedToProgram += messages.length;
    return dropped + messages.length;
  }

  #fits({ length }: Buffer): boolean {
    return (
      this.#messages.length < MAX_EARLY_MESSAGES &&
      this.#bytes + length <= MAX_EARLY_BYTES &&
      this.#totals.earlyBytes + length <= MAX_EARLY_BYTES_IN_ALL
    );
  }
}
