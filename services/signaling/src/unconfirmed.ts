import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";

/**
 * Messages that were sent to a client and may not have arrived. When a network disappears, messages in transit are lost
 * without an error, and the socket accepts further messages for minutes.
 */
export class Unconfirmed {
  readonly #kept: { number: number; message: ServerMessage; bytes: number }[] = [];
  #bytes = 0;
  #last = 0;

  sent(message: ServerMessage): void {
    if (!isFromPeer(message)) return;
    this.#last += 1;
    const bytes = JSON.stringify(message).length;
    this.#bytes += bytes;
    this.#kept.push({ number: this.#last, message, bytes });
    while (this.#kept.length > LIMITS.unconfirmedMessages || this.#bytes > LIMITS.unconfirmedBytes) this.#drop();
  }

  /** Number of the last sent message. */
  get last(): number {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** The client has received everything up to this number. */
  confirm(number: number): void {
    while (this.#kept[0] && this.#kept[0].number <= number) this.#drop();
  }

  /** Oldest first. */
  get messages(): ServerMessage[] {
    return this.#kept.map(({ message }) => message);
  }

  #drop(): void {
    this.#bytes -= this.#kept.shift()?.bytes ?? 0;
  }
}

/** Signalling's own messages refer to one link and are useless on the next one. */
function isFromPeer({ event, body }: ServerMessage): boolean {
  return event === "LEAVE" || (typeof body === "object" && "src" in body);
}
