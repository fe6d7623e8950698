import type { PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "./localTransport.ts";
import type { NetworkBinding } from "./networkBinding.ts";

/** A TURN server nearby answers in some 10 ms, one on another continent in a second. */
export const ALLOCATION_LIMIT_MS = 3_000;

/**
 * The address of a connection that does not use the media port: where a TURN server relays packets for it (the first
 * server that answers is used), or its own port.
 */
export class GatheredEndpoint {
  readonly #type: "relay" | "host";
  #endpoint: Endpoint | undefined;
  readonly #settled = Promise.withResolvers<void>();

  constructor(type: "relay" | "host") {
    this.#type = type;
  }

  /** @param candidate gathered by the library. */
  gathered(candidate: string): void {
    const [, address, port, type] = / (\S+) (\d+) typ (\w+)\b/.exec(candidate) ?? [];
    if (this.#endpoint !== undefined || address === undefined || type !== this.#type) return;
    this.#endpoint = { address, port: Number(port), ...(type === "relay" && { isRelayed: true }) };
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

/** Must be called before the connection begins to gather. Undefined for a connection that uses the media port. */
export function watchGathering(
  connection: PeerConnection,
  { relay, hasOwnPort }: NetworkBinding,
): GatheredEndpoint | undefined {
  if (relay === undefined && !hasOwnPort) return undefined;
  const endpoint = new GatheredEndpoint(relay ? "relay" : "host");
  connection.onLocalCandidate((candidate) => endpoint.gathered(candidate));
  return endpoint;
}
