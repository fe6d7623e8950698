import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import type { AdditionalMedia, Address, Redirects } from "../webrtc/mediaSession.ts";

/** What is redirected: the media of a call, or additional tracks of it. */
interface RedirectedCall {
  readonly session: Pick<AdditionalMedia, "redirect" | "redirectAtKeyframe" | "requestKeyframe">;
  readonly log: Logger;
  isEnding(): boolean;
}

/** Where the media of an answered call goes. */
export class Redirection {
  readonly #call: RedirectedCall;
  #redirects: Redirects;

  constructor(redirects: Redirects, call: RedirectedCall) {
    this.#redirects = redirects;
    this.#call = call;
  }

  /** @throws GatewayError NOT_REDIRECTED: no media goes to this address. */
  requestKeyframe(address: Address): void {
    const { video, audio } = this.#redirects;
    if (isSame(video, address)) this.#call.session.requestKeyframe("video");
    // Audio has no keyframes: there is nothing to request, and the request is not an error.
    else if (!isSame(audio, address)) throw new GatewayError("NOT_REDIRECTED", undefined, { field: "port" });
  }

  redirect(redirects: Redirects): void {
    this.#redirects = redirects;
    this.#call.session.redirect(redirects);
    this.#call.log.info({ redirects }, "redirected");
  }

  /**
   * @returns what `look` returns right before.
   * @throws GatewayError CALL_ENDED, REDIRECTED_AGAIN if that happens first.
   */
  async redirectAtKeyframe<Seen>(redirects: Redirects, look: () => Seen): Promise<Seen> {
    const { session, log } = this.#call;
    return new Promise((resolve, reject) => {
      session.redirectAtKeyframe(redirects, {
        switching: () => {
          resolve(look());
          this.#redirects = redirects;
          log.info({ redirects }, "redirected at a keyframe");
        },
        abandoned: () => reject(new GatewayError(this.#call.isEnding() ? "CALL_ENDED" : "REDIRECTED_AGAIN")),
      });
    });
  }
}

function isSame(redirect: Address | undefined, address: Address): boolean {
  return redirect?.host === address.host && redirect.port === address.port;
}
