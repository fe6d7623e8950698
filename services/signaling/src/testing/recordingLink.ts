import type { Link, Refusal } from "../link.ts";
import type { ServerMessage } from "../messages.ts";

/** A link that records all messages. */
export class RecordingLink implements Link {
  readonly protocol = "none";
  readonly heard: ServerMessage[] = [];
  readonly wantsEarlyLeave: boolean;
  readonly internalAddress: string | undefined;
  readonly refusal?: Refusal;
  isOpen = true;
  /** Whether it answers pings. */
  answers = true;

  constructor({
    wantsEarlyLeave = false,
    internalAddress,
    refusal,
  }: { wantsEarlyLeave?: boolean; internalAddress?: string; refusal?: Refusal } = {}) {
    if (refusal) this.refusal = refusal;
    this.wantsEarlyLeave = wantsEarlyLeave;
    this.internalAddress = internalAddress;
  }

  send(message: ServerMessage): void {
    this.heard.push(message);
  }

  async isAlive(): Promise<boolean> {
    return this.isOpen && this.answers;
  }

  close(): void {
    this.isOpen = false;
  }

  get events(): string[] {
    return this.heard.map(({ event }) => event);
  }
}
