/**
 * A caller of which nothing has come for so long, not even RTCP, has perhaps moved to another network. Browsers send RTCP
 * every second while there is a picture, and Opus comes at least every 400 ms.
 */
export const STALL_MS = 2_500;

/**
 * A caller that sends pictures and no keyframe, however often it is asked, does not hear us: what it sends comes from its
 * new address, and what we say goes to its former one. So many requests take a second.
 */
export const UNHEARD_REQUESTS = 3;

/** So often a caller that has answered and is not heard all the same is told of anew. */
export const MAX_ANSWERS = 3;

/** How many packets have come in all. */
export interface Heard {
  media: number;
  rtcp: number;
}

/**
 * Tells of the beginning of a silence: once, until media has come again. Who sends no media is silent by right. And of
 * callers that do not hear us: once, until one has answered. Again, when a caller has answered our offer and is not heard.
 */
export class StallWatch {
  #heard: Heard = { media: 0, rtcp: 0 };
  #sinceMs: number | undefined;
  #isTold = false;
  #isUnheard = false;
  #answers = 0;

  /** The caller has answered our offer. It is there, and what it sends should come. */
  answered(nowMs: number): void {
    if (!this.#isTold || this.#answers >= MAX_ANSWERS) return;
    this.#answers += 1;
    this.#isTold = false;
    this.#sinceMs = nowMs;
  }

  /**
   * @param inVain how often a keyframe was asked for since the last one, of a caller whose pictures come.
   * @returns whether a silence has lasted for STALL_MS just now, or the caller is found not to hear us.
   */
  look(heard: Heard, inVain: number, nowMs: number): boolean {
    const wasUnheard = this.#isUnheard;
    this.#isUnheard = inVain >= UNHEARD_REQUESTS;
    return this.#isSilent(heard, nowMs) || (this.#isUnheard && !wasUnheard);
  }

  #isSilent({ media, rtcp }: Heard, nowMs: number): boolean {
    if (media !== this.#heard.media) {
      this.#isTold = false;
      this.#answers = 0;
    }
    if (media !== this.#heard.media || rtcp !== this.#heard.rtcp) {
      this.#heard = { media, rtcp };
      this.#sinceMs = nowMs;
    }
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < STALL_MS || this.#isTold) return false;
    this.#isTold = true;
    return true;
  }
}
