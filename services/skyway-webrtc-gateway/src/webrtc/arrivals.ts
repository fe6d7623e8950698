/** The library may still deliver packets that were sent before the end. On a busy host its threads wait for a CPU. */
const LOOK_INTERVAL_MS = 50;

/** Counts the packets that arrive from one caller. */
export class Arrivals {
  media = 0;
  rtcp = 0;
  #lastMs = 0;

  add(kind: "media" | "rtcp", nowMs: number): void {
    this[kind] += 1;
    this.#lastMs = nowMs;
  }

  /** How long ago the last packet arrived. */
  silentMs(nowMs: number): number {
    return nowMs - this.#lastMs;
  }

  /** Resolves when no packet arrives for LOOK_INTERVAL_MS, or at `untilMs`: some callers hang up and still send. */
  async ceased(untilMs: number, now: () => number, wait: (ms: number) => Promise<unknown>): Promise<void> {
    let before: number;
    do {
      before = this.media + this.rtcp;
      await wait(LOOK_INTERVAL_MS);
    } while (this.media + this.rtcp !== before && now() < untilMs);
  }
}
