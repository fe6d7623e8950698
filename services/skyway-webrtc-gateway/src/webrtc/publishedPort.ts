import { GatewayError } from "../errors.ts";

/**
 * The port by which callers reach the media port. Where a range of ports is published for several gateways, which of
 * them is this one's is known outside the container only, and is told by whoever looks after the gateway.
 */
export class PublishedPort {
  #port: number | undefined;
  readonly #isConfigured: boolean;

  /** @param port undefined: it has to be told. */
  constructor(port: number | undefined) {
    this.#port = port;
    this.#isConfigured = port !== undefined;
  }

  get isKnown(): boolean {
    return this.#port !== undefined;
  }

  /** @throws GatewayError PUBLISHED_PORT_UNKNOWN */
  get number(): number {
    if (this.#port === undefined) throw new GatewayError("PUBLISHED_PORT_UNKNOWN");
    return this.#port;
  }

  /**
   * From now on: calls that were answered keep what they were told. One that is configured stays: there may be a router
   * before this host that has another port than Docker.
   */
  tell(port: number): void {
    if (!this.#isConfigured) this.#port = port;
  }
}
