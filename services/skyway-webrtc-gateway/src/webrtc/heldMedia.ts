import type { EndReason } from "./mediaSession.ts";

/**
 * How long a call that ends with held media waits for the receiver of this media. A recorder starts in a second, but
 * only when docker-guard is back if it was lost too; on a busy host that takes half a minute.
 */
export const HELD_MEDIA_LIMIT_MS = 60_000;
/** The API has asked for these ends: it wants no more of the call. */
export const NOT_WANTED: ReadonlySet<EndReason> = new Set(["deleted", "peer_deleted", "shutdown"]);

/** Whether media is held in memory because it has no address: the next redirect names one. */
export class HeldMedia {
  #isHeld = false;
  #onReleased: (() => void)[] = [];

  get isHeld(): boolean {
    return this.#isHeld;
  }

  set(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) return;
    for (const released of this.#onReleased.splice(0)) released();
  }

  /** Resolves when media is redirected again, or after `limitMs`. */
  async released(limitMs: number): Promise<void> {
    if (!this.#isHeld) return;
    await new Promise<void>((resolve) => {
      const timeUp = setTimeout(resolve, limitMs);
      this.#onReleased.push(() => {
        clearTimeout(timeUp);
        resolve();
      });
    });
  }
}
