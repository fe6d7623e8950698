import nodeDataChannel, { type IceUdpMuxListener } from "node-datachannel";
import { GatewayError } from "../errors.ts";

/**
 * Holds the one UDP port that all connections share, from start to stop: that it is taken is then known at the start,
 * not at the first call, and nobody takes it between calls.
 */
export class MediaPort {
  readonly #listener: IceUdpMuxListener;
  /** STUN requests for no connection of ours: mostly callers that have not heard yet that their call is over. */
  strayRequests = 0;

  /** Throws GatewayError MEDIA_PORT_UNAVAILABLE. */
  constructor(port: number, bindAddress: string) {
    try {
      this.#listener = new nodeDataChannel.IceUdpMuxListener(port, bindAddress);
      this.#listener.onUnhandledStunRequest(() => {
        this.strayRequests++;
      });
    } catch (cause) {
      throw new GatewayError("MEDIA_PORT_UNAVAILABLE", `UDP ${bindAddress}:${port}`, { cause });
    }
  }

  close(): void {
    this.#listener.stop();
  }
}
