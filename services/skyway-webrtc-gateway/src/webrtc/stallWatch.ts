/**
 * A caller that has sent nothing for this long, not even RTCP, may have moved to another network. Browsers send RTCP every
 * second during video, and Opus packets at least every 400 ms.
 */
export const STALL_MS = 2_500;

/**
 * A caller that sends video but ignores this many keyframe requests does not receive our packets: it sends from its new
 * address, and we still send to its former one. This many requests take a second.
 */
export const IGNORED_REQUESTS = 3;

/** How often a stall is reported again when the caller has answered our offer but still nothing arrives. */
export const MAX_ANSWERS = 3;

/** Packets received so far. */
export interface PacketCounts {
  media: number;
  rtcp: number;
}

/**
 * Detects a stalled call. A silence is reported once, until media arrives again; before the first packet there is none. A
 * caller that ignores keyframe requests is reported once, until it answers one. A silence is reported again if the caller
 * has answered our offer and still nothing arrives.
 */
export class StallWatch {
  #counts: PacketCounts = { media: 0, rtcp: 0 };
  #sinceMs: number | undefined;
  #isReported = false;
  #isIgnored = false;
  #answers = 0;

  /** The caller has answered our offer: it is there, and its packets should arrive. */
  answered(nowMs: number): void {
    if (!this.#isReported || this.#answers >= MAX_ANSWERS) return;
    this.#answers += 1;
    this.#isReported = false;
    this.#sinceMs = nowMs;
  }

  /**
   * @param keyframeRequests how many were sent since the last keyframe, while video arrives.
   * @returns whether to report a stall: a silence has reached STALL_MS, or the caller ignores our requests.
   */
  look(counts: PacketCounts, keyframeRequests: number, nowMs: number): boolean {
    const wasIgnored = this.#isIgnored;
    this.#isIgnored = keyframeRequests >= IGNORED_REQUESTS;
    return this.#isSilent(counts, nowMs) || (this.#isIgnored && !wasIgnored);
  }

  #isSilent({ media, rtcp }: PacketCounts, nowMs: number): boolean {
    if (media !== this.#counts.media) {
      this.#isReported = false;
      this.#answers = 0;
    }
    if (media !== this.#counts.media || rtcp !== this.#counts.rtcp) {
      this.#counts = { media, rtcp };
      this.#sinceMs = nowMs;
    }
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < STALL_MS || this.#isReported) return false;
    this.#isReported = true;
    return true;
  }
}
