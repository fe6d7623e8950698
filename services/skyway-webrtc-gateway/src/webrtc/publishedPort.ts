import { GatewayError } from "../errors.ts";

/**
 * The port by which callers reach the media port. Where a range of ports is published for several gateways, which of
 * them is this one's is known outside the container only, and is told by whoever looks after the gateway.
 */
export class PublishedPort {
  #port: number | undefined;

  /** @param port undefined: it has to be told. */
  constructor(port: number | undefined) {
    this.#port = port;
  }

  get isKnown(): boolean {
    return this.#port !== undefined;
  }

  /** @throws GatewayError PUBLISHED_PORT_UNKNOWN */
  get number(): number {
    if (this.#port === undefined) throw new GatewayError("PUBLISHED_PORT_UNKNOWN");
    return this.#port;
  }

  /** From now on: calls that were answered keep what they were told. */
  tell(port: number): void {
    this.#port = port;
  }
}
