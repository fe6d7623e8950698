import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import { type Agreement, describeAnswer, kindsOf } from "./agreement.ts";
import { writeAnswer } from "./answer.ts";
import { type AnsweredMedia, planRenegotiation } from "./answerPlan.ts";
import type { CallTransports } from "./callTransports.ts";
import type { GatheredEndpoint } from "./gatheredEndpoint.ts";
import type { LocalEnd } from "./libraryDescription.ts";
import type { MediaPort } from "./mediaPort.ts";
import { isSameCertificate, isSameTransport, type Offer, parseOffer, replacesTransport } from "./offer.ts";
import type { PeerTransport } from "./peerTransport.ts";
import { writeTransportOffer } from "./transportOffer.ts";

/** The certificates of a DTLS association never change (RFC 8842, section 4). */
const OTHER_CERTIFICATE = "another certificate than before";

/** An ICE restart that we have offered, on the current transport or on a new one. */
interface OfferedRestart {
  local: LocalEnd;
  /** undefined: the current one. */
  transport?: PeerTransport;
}

/** What a negotiation has to know about its call. */
export interface NegotiatedCall {
  isEnding(): boolean;
  /** How long the caller has been silent. */
  silentMs(): number;
  /** Other media was agreed on; called before the caller knows. */
  agreed(media: readonly AnsweredMedia[]): void;
  /** The caller has answered the restart that we offered. */
  restartAnswered(): void;
}

/** Renegotiations and ICE restarts of a call that is up. */
export class Negotiation {
  readonly #transports: CallTransports;
  readonly #mediaPort: MediaPort;
  readonly #call: NegotiatedCall;
  readonly #log: Logger;
  #agreement: Agreement;
  #offered: OfferedRestart | undefined;

  constructor(
    agreement: Agreement,
    transports: CallTransports,
    { mediaPort, log }: { mediaPort: MediaPort; log: Logger },
    call: NegotiatedCall,
  ) {
    this.#agreement = agreement;
    this.#transports = transports;
    this.#mediaPort = mediaPort;
    this.#log = log;
    this.#call = call;
  }

  /** The current one. */
  get agreement(): Agreement {
    return this.#agreement;
  }

  /** We have offered a restart, which was not answered yet. */
  get hasOffered(): boolean {
    return this.#offered !== undefined;
  }

  /** The restart that we have offered is on a new transport. */
  get hasOfferedTransport(): boolean {
    return this.#offered?.transport !== undefined;
  }

  /** Takes another offer; resolves with the answer. Throws as `MediaSession.renegotiate`. */
  async renegotiate(offerSdp: string): Promise<string> {
    const before = this.#agreement;
    const offer = parseOffer(offerSdp);
    const media = planRenegotiation(offer, before.media, before.kinds, before.maxTracks);
    const isReplaced = replacesTransport(offer, before.offer);
    if (!isReplaced && isSameTransport(offer.transport, before.offer.transport)) {
      this.#agreement = { ...before, offer, version: before.version + 1 };
    } else {
      await this.#restart(offer, isReplaced);
      this.#log.info("ICE restarts");
    }
    this.#agreement = { ...this.#agreement, media, kinds: kindsOf(media, before.kinds) };
    this.#call.agreed(media);
    return describeAnswer(this.#agreement, this.#transports.endpointsOf(this.#agreement.transport));
  }

  /** Uses the current transport, or else a new one that replaces it, with its own DTLS and SRTP. */
  async #restart(offer: Offer, isReplaced: boolean): Promise<void> {
    const before = this.#agreement;
    const local = isReplaced ? undefined : await this.#restartIce(before, offer);
    const current = this.#agreement;
    const version = current.version + 1;
    if (local) {
      this.#agreement = { ...current, local, offer, version };
      return current.transport.setRemote(offer.transport);
    }
    const opened = this.#transports.answer(offer);
    this.#agreement = { ...current, ...opened, offer, version };
    if (opened.transport.gathered) await this.#gatheredOr(before, opened.transport, opened.transport.gathered);
  }

  /**
   * @returns our new end of the current transport; undefined: a new transport is needed, and the caller can begin another
   * DTLS association.
   * @throws GatewayError TRANSPORT_FAILED: it cannot, or the caller is a gateway, which never moves. The call continues on
   * its current pair, if that still works.
   */
  async #restartIce(before: Agreement, { keepsDtls, transport: remote }: Offer): Promise<LocalEnd | undefined> {
    const { transport, local } = before;
    if (before.offer.transport.isGateway) throw new GatewayError("TRANSPORT_FAILED", "gateways do not move");
    try {
      if (!isSameCertificate(remote, before.offer.transport))
        throw new GatewayError("TRANSPORT_FAILED", OTHER_CERTIFICATE);
      const credentials = await transport.restartIce(this.#mediaPort, this.#call.silentMs());
      return { ...local, ...credentials, isLite: true };
    } catch (error) {
      if (keepsDtls || this.#call.isEnding()) throw error;
      this.#log.debug({ err: error }, "ICE needs a new transport");
      return undefined;
    }
  }

  /** Offers an ICE restart. Throws as `MediaSession.offerRestart`. */
  async offerRestart(): Promise<string> {
    const { offer, media } = this.#agreement;
    // PeerJS ends a call when it gets another offer. Only PeerJS offers data channels along with media.
    if (offer.dataMid !== undefined) throw new GatewayError("TRANSPORT_FAILED", "no restart with this caller");
    const restarted = await this.#restartIce(this.#agreement, offer);
    this.close();
    this.#offered = restarted ? { local: restarted } : this.#newTransport();
    const version = this.#agreement.version + 1;
    this.#agreement = { ...this.#agreement, version };
    const local = { ...this.#offered.local, setup: "actpass", endpoints: [], version } as const;
    return writeAnswer(offer, media, local);
  }

  #newTransport(): Required<OfferedRestart> {
    const transport = this.#transports.create("restart");
    return { transport, local: transport.offer() };
  }

  /** Takes the answer to it. Throws as `MediaSession.acceptRestart`. */
  async acceptRestart(answerSdp: string): Promise<void> {
    const offered = this.#offered;
    const before = this.#agreement;
    if (!offered) throw new GatewayError("NOT_ANSWERED");
    const { transport: remote } = parseOffer(answerSdp);
    if (!offered.transport && !isSameCertificate(remote, before.offer.transport))
      throw new GatewayError("TRANSPORT_FAILED", OTHER_CERTIFICATE);
    offered.transport?.accept(writeTransportOffer(remote));
    this.#offered = undefined;
    this.#call.restartAnswered();
    this.#agreement = { ...before, ...offered, offer: { ...before.offer, transport: remote } };
    if (!offered.transport) return before.transport.setRemote(remote);
    const { transport } = offered;
    this.#transports.add(transport);
    for (const candidate of remote.candidates) transport.addRemoteCandidate(candidate);
    if (transport.gathered) await this.#gatheredOr(before, transport, transport.gathered);
  }

  /** Returns to the agreement `before` if no TURN server relays the new transport. */
  async #gatheredOr(before: Agreement, transport: PeerTransport, gathered: GatheredEndpoint): Promise<void> {
    try {
      await gathered.allocated();
    } catch (error) {
      if (this.#agreement.transport === transport) this.#agreement = before;
      this.#transports.giveUp(transport);
      throw error;
    }
  }

  /** Closes the transport that we have offered, if it was not answered. */
  close(): void {
    this.#offered?.transport?.close();
  }
}
