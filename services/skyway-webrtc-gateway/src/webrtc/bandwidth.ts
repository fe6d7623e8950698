/** More than browsers send without a limit: they stop at 2.5 Mbit/s for video. */
const MOST_BITS_PER_SECOND = 6_000_000;
/** Added to a limit for video, for audio. */
const AUDIO_KBPS = 128;

/** How much each caller may send: an equal share of the total that the host may receive, or less. */
export class Bandwidth {
  readonly #totalKbps: number | undefined;
  readonly #sessions = new Set<object>();

  /** @param totalKbps undefined: no total limit. */
  constructor(totalKbps?: number) {
    this.#totalKbps = totalKbps;
  }

  join(session: object): void {
    this.#sessions.add(session);
  }

  leave(session: object): void {
    this.#sessions.delete(session);
  }

  /** @param videoKbps the answer's limit for video; 0: none. */
  bitsPerSecond(videoKbps: number): number {
    const share = ((this.#totalKbps ?? Number.POSITIVE_INFINITY) * 1000) / Math.max(1, this.#sessions.size);
    const own = videoKbps > 0 ? (videoKbps + AUDIO_KBPS) * 1000 : MOST_BITS_PER_SECOND;
    return Math.min(share, own, MOST_BITS_PER_SECOND);
  }
}
