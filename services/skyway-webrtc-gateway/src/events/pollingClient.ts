/** How long an answered poller may take to poll again; events that it missed are kept for this time. */
export const REPLAY_GRACE_MS = 2_000;
/** Pollers of one program receive an event together: how long to wait for a poller that is between two polls. */
export const LOCKSTEP_MS = 300;
/** A program starts its pollers at the same time: how long the first response waits for the other polls. */
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
 * A program that polls a stream, identified by its User-Agent. It may have several pollers; polls that are open at
 * the same time belong to different ones. Nothing else is known about them.
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
   * A poll arrives. It is attributed to the waiting poller that has seen most, so that a single poller never receives
   * an event twice.
   *
   * @returns the last event that it has seen; 0 for an unknown poller.
   */
  arrives(): number {
    const returning = this.#returning;
    if (returning.length === 0) return 0;
    const most = returning.reduce((best, one) => (one.seen > best.seen ? one : best));
    returning.splice(returning.indexOf(most), 1);
    return most.seen;
  }

  /** A poll ends; its poller is expected to poll again. */
  leaves(seen: number, now: number): void {
    this.#returning.push({ seen, since: now });
  }

  answers(poll: Poll<E>, seen: number, now: number): void {
    this.polls.delete(poll);
    poll.cancelTimeout();
    this.leaves(seen, now);
    this.#answeredAt = now;
  }

  /** When event number `seq` may be delivered: after the other pollers that have not seen it are back. */
  dueAt(seq: number): number {
    return this.#returning
      .filter((one) => one.seen < seq)
      .reduce((due, one) => Math.max(due, one.since + LOCKSTEP_MS), this.#since + GATHER_MS);
  }

  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** @returns whether the client itself can be forgotten. */
  forgetOld(now: number): boolean {
    this.#returning = this.#returning.filter((one) => now - one.since < REPLAY_GRACE_MS);
    return this.polls.size === 0 && this.#returning.length === 0;
  }
}
