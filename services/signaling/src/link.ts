import type { ServerMessage } from "./messages.ts";

export interface Refusal {
  /** When FORCE_CLOSE is repeated after the rejecting answer, because the client ignores it while it applies the answer. */
  readonly repeatsAfterMs: readonly number[];
}

/** Connection to a client, independent of its protocol. */
export interface Link {
  /** For the log. */
  readonly protocol: string;
  /**
   * Whether the client receives LEAVE as soon as a peer's link breaks. Gateways do: they ignore LEAVE while media still
   * arrives. skyway-js does not, because it closes its connections on LEAVE even while media flows.
   */
  readonly wantsEarlyLeave: boolean;
  /**
   * The client's address, if it is a service of this bundle. Such clients may share an id if their addresses differ.
   * undefined for clients that connect through the reverse proxy.
   */
  readonly internalAddress: string | undefined;
  /**
   * How a client hears that its offer is refused. skyway-js and PeerJS ignore the end of a call that has no answer, so an
   * answer that rejects all media comes first. Absent: the client hears FORCE_CLOSE before the answer too.
   */
  readonly refusal?: Refusal;
  readonly isOpen: boolean;
  /** Never throws. Messages to a dead client are lost or kept in `unconfirmed`. */
  send(message: ServerMessage): void;
  /** Peers' messages that may not have arrived, in order. Absent: clients of this protocol do not reconnect. */
  readonly unconfirmed?: readonly ServerMessage[];
  /** Pings the client. Resolves with false if nothing arrives within the time. */
  isAlive(withinMs: number): Promise<boolean>;
  /** Closes it permanently: the client must not reconnect automatically. */
  close(): void;
}
