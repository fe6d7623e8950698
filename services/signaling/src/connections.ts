import type { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { PeerMessage } from "./messages.ts";

/**
 * The connections of one client that shares its id with others. They decide which client receives a message, and which
 * client has the fewest calls and receives a new one. The oldest connection is dropped first.
 */
export class Connections {
  readonly #all = new Map<string, { remote: PeerId; connectionId: string; isCall: boolean }>();

  /** To be called for every message between this client and `remote`, in both directions. */
  note(remote: PeerId, { event, body }: PeerMessage): void {
    const { connectionId } = body;
    if (event === "FORCE_CLOSE") {
      this.end(remote, connectionId);
      return;
    }
    if (this.has(remote, connectionId)) return;
    const isCall = body.connectionType !== "data";
    this.#all.set(keyOf(remote, connectionId), { remote, connectionId, isCall });
    if (this.#all.size <= LIMITS.connectionsPerPeer) return;
    for (const oldest of this.#all.keys()) {
      this.#all.delete(oldest);
      break;
    }
  }

  has(remote: PeerId, connectionId: string): boolean {
    return this.#all.has(keyOf(remote, connectionId));
  }

  /** Ids of the connections with one remote peer. */
  with(remote: PeerId): string[] {
    return [...this.#all.values()].filter((one) => one.remote === remote).map(({ connectionId }) => connectionId);
  }

  /** Number of media connections. */
  get calls(): number {
    let calls = 0;
    for (const { isCall } of this.#all.values()) if (isCall) calls += 1;
    return calls;
  }

  end(remote: PeerId, connectionId: string): void {
    this.#all.delete(keyOf(remote, connectionId));
  }

  /** To be called when the remote peer has left. */
  endAll(remote: PeerId): void {
    for (const connectionId of this.with(remote)) this.end(remote, connectionId);
  }
}

/** Unique, because peer ids contain no line breaks. */
const keyOf = (remote: PeerId, connectionId: string) => `${remote}\n${connectionId}`;
