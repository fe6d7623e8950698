import type { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { PeerMessage } from "./messages.ts";

/**
 * Which connections one of several clients under an id has, so that each message goes to the one that it is for, and
 * a new call to the one that has the fewest. The oldest is forgotten first.
 */
export class Connections {
  readonly #all = new Map<string, { remote: PeerId; connectionId: string; isCall: boolean }>();

  /** To be told of everything that goes to this client from `remote`, or from it to `remote`. */
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

  /** Ids of connections with one other peer. */
  with(remote: PeerId): string[] {
    return [...this.#all.values()].filter((one) => one.remote === remote).map(({ connectionId }) => connectionId);
  }

  /** Media connections. */
  get calls(): number {
    let calls = 0;
    for (const { isCall } of this.#all.values()) if (isCall) calls += 1;
    return calls;
  }

  end(remote: PeerId, connectionId: string): void {
    this.#all.delete(keyOf(remote, connectionId));
  }

  /** The other peer has left. */
  endAll(remote: PeerId): void {
    for (const connectionId of this.with(remote)) this.end(remote, connectionId);
  }
}

/** Peer ids hold no line breaks. */
const keyOf = (remote: PeerId, connectionId: string) => `${remote}\n${connectionId}`;
