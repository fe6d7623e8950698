import type { Clock, Timer } from "../clock.ts";
import type { PeerId } from "../ids.ts";
import { generateToken } from "../ids.ts";
import type { Link } from "../link.ts";
import type { PeerMessage, ServerMessage } from "../messages.ts";
import { WhipError } from "./errors.ts";
import { iceOf, type SdpFragment } from "./sdpFragment.ts";

/** A recorder is started before its call is answered; a busy host may take some seconds for that. */
export const ANSWER_LIMIT_MS = 20_000;

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
  readonly #offer: string;
  /** Identifies the ICE session, the only one there is (RFC 9725, section 4.3.1). */
  readonly etag = `"${generateToken()}"`;
  #waiting: { resolve(sdp: string): void; reject(error: Error): void; limit: Timer } | undefined;
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

  get iceUfrag(): string | undefined {
    return iceOf(this.#offer)?.ufrag;
  }

  /**
   * Resolves with the peer's answer. To be called once.
   *
   * @throws WhipError for whatever the client is to be told instead.
   */
  answered(): Promise<string> {
    return new Promise((resolve, reject) => {
      const limit = this.#clock.after(ANSWER_LIMIT_MS, () => this.#fail(WhipError.because("NOT_ANSWERED")));
      this.#waiting = { resolve, reject, limit };
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
        setImmediate(() => this.#call());
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

  #call(): void {
    const offer = { type: "offer" as const, sdp: this.#offer };
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
    waiting?.limit.cancel();
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
