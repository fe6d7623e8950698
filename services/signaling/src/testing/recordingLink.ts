import type { Link } from "../link.ts";
import type { ServerMessage } from "../messages.ts";

/** A client that writes down what it is told. */
export class RecordingLink implements Link {
  readonly protocol = "none";
  readonly heard: ServerMessage[] = [];
  readonly weighsLeave: boolean;
  readonly insideAddress: string | undefined;
  isOpen = true;
  /** What it answers when asked for a sign of life. */
  answers = true;

  constructor({ weighsLeave = false, insideAddress }: { weighsLeave?: boolean; insideAddress?: string } = {}) {
    this.weighsLeave = weighsLeave;
    this.insideAddress = insideAddress;
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
