import type { PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "./localTransport.ts";
import type { NetworkBinding } from "./networkBinding.ts";

/** A TURN server that is near answers in some 10 ms, one across an ocean in a second. */
export const ALLOCATION_LIMIT_MS = 3_000;

/** The address at which a TURN server takes packets for one connection of ours: the first of the servers to answer. */
export class RelayedEndpoint {
  #endpoint: Endpoint | undefined;
  readonly #settled = Promise.withResolvers<void>();

  /** A candidate that the library has gathered. */
  tell(candidate: string): void {
    const [, address, port] = / (\S+) (\d+) typ relay\b/.exec(candidate) ?? [];
    if (this.#endpoint !== undefined || address === undefined) return;
    this.#endpoint = { address, port: Number(port), isRelayed: true };
    this.#settled.resolve();
  }

  /** One, or none before it is found. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoint ? [this.#endpoint] : [];
  }

  /** Waits for ALLOCATION_LIMIT_MS at most, or until the connection is closed. Throws GatewayError TURN_UNREACHABLE. */
  async found(): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(() => limit.reject(new GatewayError("TURN_UNREACHABLE")), ALLOCATION_LIMIT_MS);
    try {
      await Promise.race([this.#settled.promise, limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#settled.resolve();
  }
}

/** Must be called before the connection begins to gather. */
export function watchRelay(connection: PeerConnection, { relay }: NetworkBinding): RelayedEndpoint | undefined {
  if (relay === undefined) return undefined;
  const relayed = new RelayedEndpoint();
  connection.onLocalCandidate((candidate) => relayed.tell(candidate));
  return relayed;
}
