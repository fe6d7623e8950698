import type { Cancel, Clock } from "@skyway-call-recorder/process/clock.ts";
import type { PeerId } from "../ids.ts";
import { generateToken } from "../ids.ts";
import type { Link } from "../link.ts";
import type { PeerMessage, ServerMessage } from "../messages.ts";
import { WhipError } from "./errors.ts";
import { fingerprintOf, iceFragmentOf, iceOf, type SdpFragment, withIce } from "./sdpFragment.ts";

/** A recorder is started before its call is answered; a busy host may take some seconds for that. */
export const ANSWER_LIMIT_MS = 20_000;
/** A call that is up needs nothing to be started. */
export const RESTART_LIMIT_MS = 5_000;

export interface WhipLinkListeners {
  /** To be passed to the peer. */
  say(message: PeerMessage): void;
  /** Is called once. */
  onEnd(reason: string): void;
}

/** The one who answers for a WHIP client on signalling: the client asks by HTTP, and cannot be told anything unasked. */
export class WhipLink implements Link {
  readonly protocol = "WHIP";
  /** LEAVE comes when the peer has really gone. */
  readonly weighsLeave = false;
  readonly insideAddress = undefined;
  readonly #dst: PeerId;
  readonly #connectionId = `mc_${generateToken()}`;
  readonly #metadata: unknown;
  readonly #clock: Clock;
  readonly #listeners: WhipLinkListeners;
  #offer: string;
  /** The certificate that the peer has answered with. */
  #fingerprint: string | undefined;
  #etag = newEtag();
  #waiting: { resolve(sdp: string): void; reject(error: Error): void; cancelLimit: Cancel } | undefined;
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

  /** Identifies the ICE session that runs (RFC 9725, section 4.3.1). */
  get etag(): string {
    return this.#etag;
  }

  get iceUfrag(): string | undefined {
    return iceOf(this.#offer)?.ufrag;
  }

  /**
   * Resolves with the peer's answer. To be called once.
   *
   * @throws WhipError for whatever the client is to be told instead.
   */
  async answered(): Promise<string> {
    const answer = await this.#answer(ANSWER_LIMIT_MS);
    this.#fingerprint = fingerprintOf(answer);
    return answer;
  }

  /**
   * Restarts ICE, with the client's new end of it. Resolves with the peer's. What goes wrong changes nothing: the ICE
   * session that was there runs on.
   *
   * @throws WhipError
   */
  async restart(fragment: SdpFragment): Promise<string> {
    if (this.#waiting) throw WhipError.because("RESTART_UNDER_WAY");
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
      this.#waiting = { resolve, reject, cancelLimit };
    });
  }

  addCandidates({ candidates }: SdpFragment): void {
    for (const candidate of candidates) {
      this.#say({ event: "CANDIDATE", body: { ...this.#address(), candidate: { ...candidate, sdpMLineIndex: null } } });
    }
  }

  hangUp(): void {
    const { dst, connectionId } = this.#address();
    this.#say({ event: "FORCE_CLOSE", body: { dst, connectionId } });
    this.#end("deleted");
  }

  send(message: ServerMessage): void {
    switch (message.event) {
      case "OPEN":
        // The session learns of its own registration after this.
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
        this.#fail(WhipError.because("CALL_REFUSED"));
        this.#end("force_close");
        break;
      case "LEAVE":
        if (message.body === this.#dst) this.#end("leave");
        break;
      case "OFFER": // A WHIP client is called by nobody,
      case "CANDIDATE": // has the other side's candidates in its answer,
      case "AUTH_EXPIRES_IN": // and cannot bring another credential.
        break;
    }
  }

  /** An open session holds its id: there is no way to ask the client for a sign of life. */
  async isAlive(): Promise<boolean> {
    return this.#isOpen;
  }

  close(): void {
    this.#fail(WhipError.because("STOPPING"));
    this.#end("closed");
  }

  #call(sdp: string): void {
    const offer = { type: "offer" as const, sdp };
    this.#say({ event: "OFFER", body: { ...this.#address(), offer, metadata: this.#metadata } });
  }

  #say(message: PeerMessage): void {
    if (this.#isOpen) this.#listeners.say(message);
  }

  #address() {
    return { dst: this.#dst, connectionId: this.#connectionId, connectionType: "media" as const };
  }

  #isOurs({ src, connectionId }: { src: PeerId; connectionId: string }): boolean {
    return src === this.#dst && connectionId === this.#connectionId;
  }

  #settle() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.cancelLimit();
    return waiting;
  }

  #fail(error: WhipError): void {
    this.#settle()?.reject(error);
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#fail(WhipError.because("CALL_REFUSED"));
    // Whoever said it is still speaking.
    setImmediate(() => this.#listeners.onEnd(reason));
  }
}

function newEtag(): string {
  return `"${generateToken()}"`;
}
