import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { PeerHandle } from "../gateway/gateway.ts";
import type { PeerKeeper } from "./peerKeeper.ts";

export interface SharedPeerOptions {
  /** Keeps the peer at one gateway. */
  keeperAt(gateway: string): PeerKeeper;
  /** The number of running legs at each gateway. */
  legsAt(): ReadonlyMap<string | undefined, number>;
}

/** One recorder peer, registered at all gateways: the signalling server routes each call to one of them. */
export class SharedPeer {
  readonly peerId: PeerId;
  readonly #options: SharedPeerOptions;
  readonly #keepers = new Map<string, PeerKeeper>();
  readonly #onCall: (call: MediaConnectionId) => void;
  readonly #onData: (connection: DataConnectionId) => void;
  #isStopped = false;
  /** For each gateway, the sequence number of its last outgoing call. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(
    peerId: PeerId,
    options: SharedPeerOptions,
    onCall: (call: MediaConnectionId) => void,
    onData: (connection: DataConnectionId) => void = () => undefined,
  ) {
    this.peerId = peerId;
    this.#options = options;
    this.#onCall = onCall;
    this.#onData = onData;
  }

  /** Keeps the peer registered at exactly these gateways. Calls at a removed gateway end on their own. */
  keepAt(gateways: readonly string[]): void {
    if (this.#isStopped) return;
    for (const [gateway, keeper] of this.#keepers) {
      if (gateways.includes(gateway)) continue;
      keeper.stop();
      this.#keepers.delete(gateway);
    }
    for (const gateway of gateways) {
      if (this.#keepers.has(gateway)) continue;
      const keeper = this.#options.keeperAt(gateway);
      this.#keepers.set(gateway, keeper);
      void keeper.keep(this.#onCall, this.#onData);
    }
  }

  /**
   * For outgoing calls: selects the gateway with the fewest legs, round-robin if several have the same number.
   * undefined while the peer is not registered anywhere.
   */
  get handle(): PeerHandle | undefined {
    const legs = this.#options.legsAt();
    const rank = (gateway: string): [number, number] => [legs.get(gateway) ?? 0, this.#turns.get(gateway) ?? 0];
    const [first] = [...this.#keepers]
      .flatMap(([gateway, { handle }]) => (handle ? [{ gateway, handle }] : []))
      .sort((one, other) => {
        const [legsOfOne, turnOfOne] = rank(one.gateway);
        const [legsOfOther, turnOfOther] = rank(other.gateway);
        return legsOfOne - legsOfOther || turnOfOne - turnOfOther;
      });
    if (!first) return undefined;
    this.#turn += 1;
    this.#turns.set(first.gateway, this.#turn);
    return first.handle;
  }

  /** The current problem; undefined if calls are recorded at every gateway. */
  async trouble(): Promise<string | undefined> {
    if (this.#keepers.size === 0) return `${this.peerId} is registering`;
    const troubles = await Promise.all([...this.#keepers.values()].map(troubleOf));
    return [...new Set(troubles)].find((trouble) => trouble !== undefined);
  }

  /** Accepts no more calls; running calls continue. */
  stop(): void {
    this.#isStopped = true;
    for (const keeper of this.#keepers.values()) keeper.stop();
  }

  /** Removes the peer from all gateways, which ends all of its running calls. */
  async remove(): Promise<void> {
    this.stop();
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.remove()));
  }
}

async function troubleOf(keeper: PeerKeeper): Promise<string | undefined> {
  const trouble = await keeper.trouble();
  const { refusal } = keeper;
  if (trouble === undefined || refusal === undefined) return trouble;
  return `${trouble}: ${refusal}; registration is retried automatically`;
}
