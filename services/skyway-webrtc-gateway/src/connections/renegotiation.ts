import type { LiveCall } from "./call.ts";

/** Offers during an answered call: from the caller, and from us to a caller that may have moved. */
export class Renegotiation {
  readonly #call: LiveCall;
  #isOffering = false;

  constructor(call: LiveCall) {
    this.#call = call;
  }

  /** Answers another offer: a renegotiation or an ICE restart. If that fails, the call continues. */
  async answer(offerSdp: string): Promise<void> {
    const { session, remote, log } = this.#call;
    try {
      const sdp = await session.renegotiate(offerSdp);
      if (this.#call.isEnding()) return;
      remote.answer(sdp);
      log.info("renegotiated");
    } catch (error) {
      log.warn({ err: error }, "renegotiation failed");
    }
  }

  /** The caller may have moved to another network: offers an ICE restart. The call continues if the caller answers. */
  async offerRestart(): Promise<void> {
    if (this.#isOffering) return;
    this.#isOffering = true;
    const { session, remote, log } = this.#call;
    try {
      const offer = await session.offerRestart();
      if (this.#call.isEnding()) return;
      remote.offer(offer);
      log.info("nothing arrives from the caller: ICE restart offered");
    } catch (error) {
      log.debug({ err: error }, "nothing arrives from the caller");
    } finally {
      this.#isOffering = false;
    }
  }

  /** Takes the answer to it. */
  async acceptRestart(answerSdp: string): Promise<void> {
    const { session, remote, log } = this.#call;
    try {
      for (const candidate of await session.acceptRestart(answerSdp)) remote.candidate(candidate);
      log.info("the caller has answered our ICE restart");
    } catch (error) {
      log.warn({ err: error }, "the answer to our ICE restart was refused");
    }
  }
}
