import type { PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "./localTransport.ts";
import type { NetworkBinding } from "./networkBinding.ts";

/** A TURN server nearby answers in some 10 ms, one on another continent in a second. */
export const ALLOCATION_LIMIT_MS = 3_000;

/** The address where a TURN server relays packets for one connection. The first server that answers is used. */
export class RelayedEndpoint {
  #endpoint: Endpoint | undefined;
  readonly #settled = Promise.withResolvers<void>();

  /** @param candidate gathered by the library. */
  gathered(candidate: string): void {
    const [, address, port] = / (\S+) (\d+) typ relay\b/.exec(candidate) ?? [];
    if (this.#endpoint !== undefined || address === undefined) return;
    this.#endpoint = { address, port: Number(port), isRelayed: true };
    this.#settled.resolve();
  }

  /** Empty until it is allocated. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoint ? [this.#endpoint] : [];
  }

  /** Resolves when it is allocated or the connection is closed. After ALLOCATION_LIMIT_MS it throws GatewayError TURN_UNREACHABLE. */
  async allocated(): Promise<void> {
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
  connection.onLocalCandidate((candidate) => relayed.gathered(candidate));
  return relayed;
}
