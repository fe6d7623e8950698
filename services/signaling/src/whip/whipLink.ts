import type { Cancel, Clock } from "@skyway-call-recorder/process/clock.ts";
import type { PeerId } from "../ids.ts";
import { generateToken } from "../ids.ts";
import type { Link } from "../link.ts";
import type { PeerMessage, ServerMessage } from "../messages.ts";
import { WhipError } from "./errors.ts";
import { fingerprintOf, iceFragmentOf, iceOf, type SdpFragment, withIce } from "./sdpFragment.ts";

/** A recorder is started before its call is answered. A busy host may need several seconds for that. */
export const ANSWER_LIMIT_MS = 20_000;
/** Shorter, because an existing call needs no new recorder. */
export const RESTART_LIMIT_MS = 5_000;

export interface WhipLinkListeners {
  /** Sends a message to the peer. */
  send(message: PeerMessage): void;
  /** Called once. */
  onEnd(reason: string): void;
}

/** Represents a WHIP client in signalling. The client only sends HTTP requests and cannot receive messages. */
export class WhipLink implements Link {
  readonly protocol = "WHIP";
  /** LEAVE ends the session, so it must only arrive when the peer has really left. */
  readonly wantsEarlyLeave = false;
  readonly internalAddress = undefined;
  readonly #dst: PeerId;
  readonly #connectionId = `mc_${generateToken()}`;
  readonly #metadata: unknown;
  readonly #clock: Clock;
  readonly #listeners: WhipLinkListeners;
  #offer: string;
  /** Fingerprint of the peer's certificate, from its answer. */
  #fingerprint: string | undefined;
  #etag = newEtag();
  #pendingAnswer: { resolve(sdp: string): void; reject(error: Error): void; cancelLimit: Cancel } | undefined;
  #isOpen = true;

  /** @param offer SDP that parses and has ICE credentials. */
  constructor(dst: PeerId, offer: string, metadata: unknown, clock: Clock, listeners: WhipLinkListeners) {
    this.#dst = dst;
    this.#offer = offer;
    this.#metadata = metadata;
    this.#clock = clock;
    this.#listeners = listeners;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Identifies the current ICE session (RFC 9725, section 4.3.1). */
  get etag(): string {
    return this.#etag;
  }

  get iceUfrag(): string | undefined {
    return iceOf(this.#offer)?.ufrag;
  }

  /**
   * Resolves with the peer's answer. To be called once.
   *
   * @throws WhipError for the HTTP response.
   */
  async answered(): Promise<string> {
    const answer = await this.#answer(ANSWER_LIMIT_MS);
    this.#fingerprint = fingerprintOf(answer);
    return answer;
  }

  /**
   * Restarts ICE with the client's new credentials. Resolves with the peer's ICE fragment. If it fails, the current ICE
   * session continues.
   *
   * @throws WhipError
   */
  async restart(fragment: SdpFragment): Promise<string> {
    if (this.#pendingAnswer) throw WhipError.because("RESTART_UNDER_WAY");
    const offer = withIce(this.#offer, fragment.ice);
    const answered = this.#answer(RESTART_LIMIT_MS);
    this.#call(offer);
    const answer = await answered;
    if (fingerprintOf(answer) !== this.#fingerprint) throw WhipError.because("NO_ICE_RESTART");
    this.#offer = offer;
    this.#etag = newEtag();
    this.addCandidates(fragment);
    return iceFragmentOf(answer);
  }

  #answer(limitMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const cancelLimit = this.#clock.after(limitMs, () => this.#fail(WhipError.because("NOT_ANSWERED")));
      this.#pendingAnswer = { resolve, reject, cancelLimit };
    });
  }

  addCandidates({ candidates }: SdpFragment): void {
    for (const candidate of candidates) {
      this.#sendToPeer({
        event: "CANDIDATE",
        body: { ...this.#address(), candidate: { ...candidate, sdpMLineIndex: null } },
      });
    }
  }

  hangUp(): void {
    const { dst, connectionId } = this.#address();
    this.#sendToPeer({ event: "FORCE_CLOSE", body: { dst, connectionId } });
    this.#end("deleted");
  }

  send(message: ServerMessage): void {
    switch (message.event) {
      case "OPEN":
        // The session completes its registration after this call.
        setImmediate(() => this.#call(this.#offer));
        break;
      case "ERROR":
        this.#fail(WhipError.of(message.body));
        this.#end(message.body.type);
        break;
      case "ANSWER":
        if (this.#isOurs(message.body)) this.#settle()?.resolve(message.body.answer.sdp);
        break;
      case "FORCE_CLOSE":
        if (!this.#isOurs(message.body)) break;
        this.#fail(WhipError.refused(message.body.reason));
        this.#end("force_close");
        break;
      case "LEAVE":
        if (message.body === this.#dst) this.#end("leave");
        break;
      case "OFFER": // WHIP clients cannot be called.
      case "CANDIDATE": // The answer already contains the peer's candidates.
      case "AUTH_EXPIRES_IN": // WHIP clients cannot renew a credential.
        break;
    }
  }

  /** An open session keeps its id, because the client cannot be pinged. */
  async isAlive(): Promise<boolean> {
    return this.#isOpen;
  }

  close(): void {
    this.#fail(WhipError.because("STOPPING"));
    this.#end("closed");
  }

  #call(sdp: string): void {
    const offer = { type: "offer" as const, sdp };
    this.#sendToPeer({ event: "OFFER", body: { ...this.#address(), offer, metadata: this.#metadata } });
  }

  #sendToPeer(message: PeerMessage): void {
    if (this.#isOpen) this.#listeners.send(message);
  }

  #address() {
    return { dst: this.#dst, connectionId: this.#connectionId, connectionType: "media" as const };
  }

  #isOurs({ src, connectionId }: { src: PeerId; connectionId: string }): boolean {
    return src === this.#dst && connectionId === this.#connectionId;
  }

  #settle() {
    const pending = this.#pendingAnswer;
    this.#pendingAnswer = undefined;
    pending?.cancelLimit();
    return pending;
  }

  #fail(error: WhipError): void {
    this.#settle()?.reject(error);
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#fail(WhipError.because("CALL_REFUSED"));
    // Deferred, because the caller of this method may not have finished.
    setImmediate(() => this.#listeners.onEnd(reason));
  }
}

function newEtag(): string {
  return `"${generateToken()}"`;
}
