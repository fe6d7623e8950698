import type { TransportParameters } from "./libraryDescription.ts";
import type { Endpoint } from "./localTransport.ts";
import { bindingFor } from "./networkBinding.ts";
import type { Offer } from "./offer.ts";
import { PeerTransport } from "./peerTransport.ts";
import type { SessionResources } from "./sessionResources.ts";
import { writeTransportOffer } from "./transportOffer.ts";

export interface CallTransportsEvents {
  /** RTP or RTCP from any of them. The receiver may keep and change the buffer. */
  packet(packet: Buffer): void;
  connected(transport: PeerTransport): void;
  /** The last one has gone. */
  lost(reason: "ice_failed" | "dtls_closed"): void;
}

/** The transports of one call: one, and a second one while ICE restarts. The first is kept until the second is up. */
export class CallTransports {
  readonly #resources: SessionResources;
  readonly #events: CallTransportsEvents;
  readonly #transports = new Set<PeerTransport>();

  constructor(resources: SessionResources, events: CallTransportsEvents) {
    this.#resources = resources;
    this.#events = events;
  }

  get isEmpty(): boolean {
    return this.#transports.size === 0;
  }

  /**
   * Creates one. It belongs to the call only after `add`.
   *
   * @param name for the library's log.
   */
  create(name: string, binding = this.#resources.binding): PeerTransport {
    const transport: PeerTransport = new PeerTransport(name, binding, {
      packet: (packet) => this.#events.packet(packet),
      connected: () => this.#events.connected(transport),
      moved: () => this.#resources.log.info("the caller has moved"),
      gone: (reason) => {
        this.#transports.delete(transport);
        if (this.isEmpty) this.#events.lost(reason);
      },
    });
    return transport;
  }

  add(transport: PeerTransport): void {
    this.#transports.add(transport);
  }

  /** Opens one for an offer, with the candidates in it. Throws GatewayError TRANSPORT_FAILED. */
  answer(offer: Offer): { transport: PeerTransport; local: TransportParameters } {
    const transport = this.create(offer.transport.iceUfrag, bindingFor(this.#resources.binding, offer.transport));
    this.add(transport);
    try {
      const local = transport.answer(writeTransportOffer(offer.transport, { withData: offer.dataMid !== undefined }));
      for (const candidate of offer.transport.candidates) transport.addRemoteCandidate(candidate);
      return { transport, local };
    } catch (error) {
      this.discard(transport);
      throw error;
    }
  }

  /** Where callers reach a transport. Throws GatewayError PUBLISHED_PORT_UNKNOWN. */
  endpointsOf({ gathered }: PeerTransport): readonly Endpoint[] {
    return gathered ? gathered.endpoints : this.#resources.endpoints();
  }

  /** Sends through the first open one: the former one is used until the new one is open. */
  send(packet: Buffer): boolean {
    for (const transport of this.#transports) if (transport.send(packet)) return true;
    return false;
  }

  /** Closes one. Does not report a lost call. */
  discard(transport: PeerTransport): void {
    this.#transports.delete(transport);
    transport.close();
  }

  /** Closes one that did not come up. The call is lost if the others have gone. */
  giveUp(transport: PeerTransport): void {
    this.discard(transport);
    if (this.isEmpty) this.#events.lost("ice_failed");
  }

  /** Closes all but one, or all. */
  closeAllBut(kept?: PeerTransport): void {
    for (const transport of this.#transports) if (transport !== kept) this.discard(transport);
  }
}
