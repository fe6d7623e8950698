/** How long a poller that was answered is expected back, and what it missed is kept for it. */
export const REPLAY_GRACE_MS = 2_000;
/** Pollers of one program get the next event together: so long the others wait for one that is between polls. */
export const LOCKSTEP_MS = 300;
/** A program that starts several pollers starts them at once: its first answer waits for the others' polls. */
export const GATHER_MS = 50;

/** A poll that waits for an event after `seen`. */
export interface Poll<E> {
  readonly seen: number;
  answer(outcome: PollOutcome<E>): void;
  cancelTimeout(): void;
}

export type PollOutcome<E> = { kind: "event"; event: E } | { kind: "timeout" } | { kind: "gone" };

/** A poller between two polls. */
interface Returning {
  readonly seen: number;
  readonly since: number;
}

/**
 * A program that polls a stream, known by its User-Agent. It may have several pollers; polls that are open at
 * the same time are from different ones, more is not known of them.
 */
export class PollingClient<E> {
  readonly polls = new Set<Poll<E>>();
  #returning: Returning[] = [];
  readonly #since: number;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(now: number) {
    this.#since = now;
  }

  /**
   * A poll arrives. It is taken for the one of the pollers between polls that has seen most: so a poller that
   * is alone never sees an event twice.
   *
   * @returns what it has seen; 0 for a poller that nobody knew of.
   */
  arrives(): number {
    const returning = this.#returning;
    if (returning.length === 0) return 0;
    const most = returning.reduce((best, one) => (one.seen > best.seen ? one : best));
    returning.splice(returning.indexOf(most), 1);
    return most.seen;
  }

  /** The poller behind a poll goes, to come back with the next one. */
  leaves(seen: number, now: number): void {
    this.#returning.push({ seen, since: now });
  }

  answers(poll: Poll<E>, seen: number, now: number): void {
    this.polls.delete(poll);
    poll.cancelTimeout();
    this.leaves(seen, now);
    this.#answeredAt = now;
  }

  /** When event number `seq` may go out: not before those are back who have not seen it either. */
  dueAt(seq: number): number {
    return this.#returning
      .filter((one) => one.seen < seq)
      .reduce((due, one) => Math.max(due, one.since + LOCKSTEP_MS), this.#since + GATHER_MS);
  }

  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** @returns whether there is nothing left to know about it. */
  forgetOld(now: number): boolean {
    this.#returning = this.#returning.filter((one) => now - one.since < REPLAY_GRACE_MS);
    return this.polls.size === 0 && this.#returning.length === 0;
  }
}
