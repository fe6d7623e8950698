import { GatewayError } from "../errors.ts";

/**
 * The port where callers reach the media port. If a range of ports is published for several gateways, only the container
 * engine knows which of them belongs to this gateway. The orchestrator then sets it.
 */
export class PublishedPort {
  #port: number | undefined;
  readonly #isConfigured: boolean;

  /** @param port undefined: it is set later. */
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
   * For new calls; answered calls keep their candidates. A configured port is not changed: a router in front of this host
   * may use another port than Docker.
   */
  tell(port: number): void {
    if (!this.#isConfigured) this.#port = port;
  }
}
