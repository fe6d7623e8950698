/**
 * A caller of which nothing has come for so long, not even RTCP, has perhaps moved to another network. Browsers send RTCP
 * every second while there is a picture, and Opus comes at least every 400 ms.
 */
export const STALL_MS = 2_500;

/** How many packets have come in all. */
export interface Heard {
  media: number;
  rtcp: number;
}

/** Tells of the beginning of a silence: once, until media has come again. Who sends no media is silent by right. */
export class StallWatch {
  #heard: Heard = { media: 0, rtcp: 0 };
  #sinceMs: number | undefined;
  #isTold = false;

  /** @returns whether a silence has lasted for STALL_MS just now. */
  look({ media, rtcp }: Heard, nowMs: number): boolean {
    if (media !== this.#heard.media) this.#isTold = false;
    if (media !== this.#heard.media || rtcp !== this.#heard.rtcp) {
      this.#heard = { media, rtcp };
      this.#sinceMs = nowMs;
    }
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < STALL_MS || this.#isTold) return false;
    this.#isTold = true;
    return true;
  }
}
