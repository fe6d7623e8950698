import nodeDataChannel, { type IceUdpMuxListener } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { Address } from "../rtp/redirectSocket.ts";
import { sharePort } from "./ice/portSharing.ts";

/**
 * Holds the one UDP port that all connections share, from start to stop: that it is taken is then known at the start,
 * not at the first call, and nobody takes it between calls.
 */
export class MediaPort {
  readonly number: number;
  readonly bindAddress: string;
  readonly #listener: IceUdpMuxListener;
  readonly #expected = new Map<string, (from: Address) => void>();
  #shared: Promise<void> | undefined;
  /** STUN requests for no connection of ours: mostly callers that have not heard yet that their call is over. */
  strayRequests = 0;

  /** Throws GatewayError MEDIA_PORT_UNAVAILABLE. */
  constructor(port: number, bindAddress: string) {
    this.number = port;
    this.bindAddress = bindAddress;
    try {
      this.#listener = new nodeDataChannel.IceUdpMuxListener(port, bindAddress);
      this.#listener.onUnhandledStunRequest(({ localUfrag, host, port }) => {
        const expected = this.#expected.get(localUfrag);
        if (expected) expected({ host, port });
        else this.strayRequests++;
      });
    } catch (cause) {
      throw new GatewayError("MEDIA_PORT_UNAVAILABLE", `UDP ${bindAddress}:${port}`, { cause });
    }
  }

  /**
   * Lets sockets of our own take what comes from single addresses off the port. May be called again.
   *
   * @throws GatewayError TRANSPORT_FAILED
   */
  share(): Promise<void> {
    this.#shared ??= sharePort(this.number);
    return this.#shared;
  }

  /**
   * Tells where STUN requests for a user fragment come from that no connection of the library has. Not verified.
   *
   * @returns ends it.
   */
  expect(ufrag: string, onRequest: (from: Address) => void): () => void {
    this.#expected.set(ufrag, onRequest);
    return () => this.#expected.delete(ufrag);
  }

  close(): void {
    this.#listener.stop();
  }
}
