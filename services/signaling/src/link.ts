import type { ServerMessage } from "./messages.ts";

/** The way to a client, whatever protocol it speaks. */
export interface Link {
  /** For the log. */
  readonly protocol: string;
  /**
   * Whether the client weighs LEAVE against the media it still gets, as gateways do. skyway-js does not: it
   * closes its connections, media or not.
   */
  readonly weighsLeave: boolean;
  /**
   * The client's address, if it is a service of this bundle: clients at several of its addresses may share an id.
   * undefined for everybody who comes by the front door.
   */
  readonly insideAddress: string | undefined;
  readonly isOpen: boolean;
  /** Never throws: what a dead client does not get is its link's matter. */
  send(message: ServerMessage): void;
  /** What other peers' messages may not have reached it, in their order. Absent: a client of its kind never comes back. */
  readonly unconfirmed?: readonly ServerMessage[];
  /** Asks for a sign of life; false when none came within the time. */
  isAlive(withinMs: number): Promise<boolean>;
  /** Ends it for good: the client is not meant to come back by itself. */
  close(): void;
}
