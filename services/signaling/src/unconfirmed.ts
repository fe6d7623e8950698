import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";

/**
 * What was sent to a client and may not have reached it. A network that goes away takes what is under way along, and
 * tells nobody: a socket takes messages for minutes that nobody gets.
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

  /** The number of the message that was sent last. */
  get last(): number {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** The client has everything up to this number. */
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

/** What signalling itself says is about a link, and means nothing on the next one. */
function isFromPeer({ event, body }: ServerMessage): boolean {
  return event === "LEAVE" || (typeof body === "object" && "src" in body);
}
