import nodeDataChannel, { type IceUdpMuxListener } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { Address } from "../rtp/redirectSocket.ts";
import { sharePort } from "./ice/portSharing.ts";

/**
 * Holds the one UDP port that all connections share, from start to stop. So a port that is in use is detected at the
 * start, not at the first call, and no other process takes it between calls.
 */
export class MediaPort {
  readonly number: number;
  readonly bindAddress: string;
  readonly #listener: IceUdpMuxListener;
  readonly #expected = new Map<string, (from: Address) => void>();
  #shared: Promise<void> | undefined;
  /** STUN requests for unknown connections: mostly from callers that do not know yet that their call has ended. */
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
   * Allows sockets of our own to receive the packets of single addresses on this port. May be called again.
   *
   * @throws GatewayError TRANSPORT_FAILED
   */
  share(): Promise<void> {
    this.#shared ??= sharePort(this.number);
    return this.#shared;
  }

  /**
   * Reports the source of STUN requests for a user fragment that no connection of the library has. Not verified.
   *
   * @returns a function that stops it.
   */
  expect(ufrag: string, onRequest: (from: Address) => void): () => void {
    this.#expected.set(ufrag, onRequest);
    return () => this.#expected.delete(ufrag);
  }

  close(): void {
    this.#listener.stop();
  }
}
