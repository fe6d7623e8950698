import { GatewayError } from "../errors.ts";
import type { MediaOptions, Redirects, RemoteCandidate } from "../webrtc/mediaSession.ts";
import type { Call, Feed, LiveCall } from "./call.ts";
import type { CallEnd, CallFailure } from "./callEnd.ts";
import { type Deadline, OFFER_LIFE_MS, RING_LIMIT_MS } from "./deadline.ts";

/** A browser gathers about ten. */
const MAX_EARLY_CANDIDATES = 100;

export interface CallInSetup extends LiveCall {
  readonly id: string;
  readonly deadline: Deadline;
  /** Detached when the call ends. */
  attached(feed: Feed | undefined): void;
  /** Both descriptions are known: the call must connect now. */
  answered(redirects: Redirects): void;
  /** Pushes ERROR. */
  error(message: string): void;
  /** Pushes ERROR and ends the call. */
  fail(reason: CallFailure, message?: string): void;
  end(reason: CallEnd): Promise<void>;
}

type State =
  | { name: "ringing" | "answering" | "accepting" }
  /** We have called. */
  | { name: "dialling"; redirects: Redirects };

/** Sets up a call: the API's caller answers the offer, or the other peer answers ours. */
export class CallSetup {
  readonly #offerSdp: string | undefined;
  readonly #call: CallInSetup;
  #state: State = { name: "ringing" };
  #earlyCandidates = 0;

  constructor({ offerSdp }: Call, call: CallInSetup) {
    this.#offerSdp = offerSdp;
    this.#call = call;
    call.deadline.set(OFFER_LIFE_MS, () => void call.end("offer_expired"));
  }

  /** Whether a program has made or answered the call. */
  get isTaken(): boolean {
    return this.#state.name !== "ringing";
  }

  /** Answers the caller's offer. Throws as `MediaConnection.answer`. */
  async answer(options: MediaOptions, feed: Feed | undefined): Promise<void> {
    const offerSdp = this.#offerSdp;
    if (this.#state.name !== "ringing" || offerSdp === undefined) throw new GatewayError("ALREADY_ANSWERED");
    const { id, session, remote, log } = this.#call;
    feed?.attach(id, session);
    this.#call.attached(feed);
    this.#state = { name: "answering" };
    const sdp = await this.#answerSdp(offerSdp, options, feed);
    // The caller may have hung up in the meantime.
    if (this.#call.isEnding()) throw new GatewayError("CALL_ENDED");
    this.#call.answered(options.redirects);
    remote.answer(sdp);
    log.info("answered");
  }

  async #answerSdp(offerSdp: string, options: MediaOptions, feed: Feed | undefined): Promise<string> {
    const { id, session, log } = this.#call;
    try {
      return await session.answer(offerSdp, options);
    } catch (error) {
      const isCallers = error instanceof GatewayError && error.fault === "caller";
      // The session accepts another answer only if nothing but the request was wrong.
      if (isCallers && !this.#call.isEnding()) {
        this.#state = { name: "ringing" };
        feed?.withdraw(id);
      }
      if (isCallers) throw error;
      log.error({ err: error }, "answering failed");
      const failure =
        error instanceof GatewayError ? error : new GatewayError("TRANSPORT_FAILED", undefined, { cause: error });
      this.#call.error(failure.message);
      void this.#call.end("ice_failed");
      throw failure;
    }
  }

  /** Calls the other peer. Throws as `MediaConnection.dial`. */
  async dial(options: MediaOptions, feed: Feed | undefined): Promise<void> {
    if (this.#state.name !== "ringing" || this.#offerSdp !== undefined) throw new GatewayError("ALREADY_ANSWERED");
    const { id, session, deadline, remote, log } = this.#call;
    const sdp = await session.call(options);
    try {
      if (this.#call.isEnding()) throw new GatewayError("CALL_ENDED");
      feed?.attach(id, session);
    } catch (error) {
      await session.end("deleted");
      throw error;
    }
    this.#call.attached(feed);
    this.#state = { name: "dialling", redirects: options.redirects };
    deadline.set(RING_LIMIT_MS, () => this.#call.fail("no_answer"));
    remote.offer(sdp);
    log.info("dialled");
  }

  /** Takes the other peer's answer to our call. */
  async accepted(answerSdp: string): Promise<void> {
    if (this.#state.name !== "dialling") return;
    const { redirects } = this.#state;
    this.#state = { name: "accepting" };
    const { session, remote, log } = this.#call;
    try {
      const candidates = await session.accept(answerSdp);
      if (this.#call.isEnding()) return;
      this.#call.answered(redirects);
      for (const candidate of candidates) remote.candidate(candidate);
      log.info("accepted");
    } catch (error) {
      log.warn({ err: error }, "answer refused");
      this.#call.fail("ice_failed", error instanceof GatewayError ? error.message : undefined);
    }
  }

  addCandidate(candidate: RemoteCandidate): void {
    const isEarly = this.#state.name === "ringing" || this.#state.name === "dialling";
    if (isEarly && ++this.#earlyCandidates > MAX_EARLY_CANDIDATES) return;
    this.#call.session.addRemoteCandidate(candidate);
  }
}
