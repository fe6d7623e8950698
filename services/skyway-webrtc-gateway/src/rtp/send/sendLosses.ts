/** Packets of one kind that a program has sent and the peer did not get from us. */
export interface SendLosses {
  /** Missing in the program's sequence numbers: they did not arrive, or the port's buffer was full. */
  missing: number;
  /** Refused by the library or the kernel: mostly longer than the network allows. */
  unsent: number;
  /** Bytes of the longest one of those. */
  longestUnsent: number;
}

/** Long enough for late packets to arrive, and for a burst to be told at once. */
const FIRST_LOOK_MS = 1_000;
/** A program that ignores what it is told is not told each second. */
const NEXT_LOOK_MS = 30_000;

/** Counts the losses of one track until they are told. */
export class SendLossCounter {
  #losses: SendLosses = { missing: 0, unsent: 0, longestUnsent: 0 };
  #isTold = false;
  #sinceMs: number | undefined;

  /** @param distance from the newest packet so far: 1 if none is missing, negative for a late packet. */
  arrived(distance: number, nowMs: number): void {
    if (distance === 1) return;
    this.#sinceMs ??= nowMs;
    this.#losses.missing = Math.max(0, this.#losses.missing + (distance > 0 ? distance - 1 : distance < 0 ? -1 : 0));
  }

  refused(bytes: number, nowMs: number): void {
    this.#sinceMs ??= nowMs;
    this.#losses.unsent += 1;
    this.#losses.longestUnsent = Math.max(this.#losses.longestUnsent, bytes);
  }

  /** Returns what is due to be told, once; otherwise undefined. */
  take(nowMs: number): SendLosses | undefined {
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < (this.#isTold ? NEXT_LOOK_MS : FIRST_LOOK_MS)) return;
    return this.takeAll();
  }

  /** Returns what was not told yet. */
  takeAll(): SendLosses | undefined {
    const losses = this.#losses;
    this.#losses = { missing: 0, unsent: 0, longestUnsent: 0 };
    this.#sinceMs = undefined;
    if (losses.missing + losses.unsent === 0) return undefined;
    this.#isTold = true;
    return losses;
  }
}
