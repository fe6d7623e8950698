/** More than browsers send by themselves: they stop at 2.5 Mbit/s for video. */
const MOST_BITS_PER_SECOND = 6_000_000;
/** What audio may need besides a limit for video. */
const AUDIO_KBPS = 128;

/** How much each caller may send, in all: the same share of what the host may take for everyone, or less. */
export class Bandwidth {
  readonly #totalKbps: number | undefined;
  readonly #sessions = new Set<object>();

  /** @param totalKbps undefined: every caller may send as much as it likes. */
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
