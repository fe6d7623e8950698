import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { type Poll, PollingClient, type PollOutcome, REPLAY_GRACE_MS } from "./pollingClient.ts";

/** The REST timeout of the official gateway since 0.0.3; Ruby's Net::HTTP gives up after 60 s. */
export const POLL_TIMEOUT_MS = 30_000;
/** Within this time after a response, a new poll may be the next poll of the answered poller. */
export const CONFUSION_MS = 100;
/** A stream without readers keeps this many events; older ones are dropped. */
export const MAX_UNREAD_EVENTS = 1_000;

interface Entry<E> {
  readonly seq: number;
  readonly event: E;
  /** When it was first delivered; undefined before that. */
  deliveredAt: number | undefined;
}

/**
 * Events for long polls that do not identify the poller.
 *
 * - An event is delivered to every open poll; if none is open, it waits for the next one.
 * - Programs run several pollers on one stream, each of which ignores the events that it does not look for. A delivered
 *   event is kept for REPLAY_GRACE_MS, for pollers that were between two polls at that moment.
 * - A single poller never receives an event twice: its next poll cannot overlap another one, and is therefore
 *   attributed to the poller that has seen most. Only a poll of an unknown poller, or of one that is known to lag
 *   behind, receives earlier events.
 * - If such a poll arrives within CONFUSION_MS of a response, it cannot be distinguished from the next poll of the
 *   answered poller. The other open polls that arrived since then receive the event again as well: a poller that misses
 *   an event hangs, but one that receives it twice only ignores it.
 * - Successive events are delivered when all pollers are back, after at most LOCKSTEP_MS, so this is rare.
 *
 * After the last event the stream answers `gone`.
 */
export class EventStream<E> {
  readonly #clock: Clock;
  readonly #clients = new Map<string, PollingClient<E>>();
  #entries: Entry<E>[] = [];
  #seq = 0;
  #endSeq: number | undefined;
  #endDelivered = false;
  #cancelWake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the last event was delivered. */
  get endDelivered(): boolean {
    return this.#endDelivered;
  }

  /** Does nothing after the stream has ended. */
  push(event: E): void {
    if (this.#endSeq !== undefined) return;
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, event, deliveredAt: undefined });
    if (this.#entries.length > MAX_UNREAD_EVENTS) this.#entries.shift();
    this.#deliver();
  }

  /** Pushes the last event. */
  end(event: E): void {
    if (this.#endSeq !== undefined) return;
    this.#endSeq = this.#seq + 1;
    this.#seq = this.#endSeq;
    this.#entries.push({ seq: this.#seq, event, deliveredAt: undefined });
    this.#deliver();
  }

  /**
   * @param client identifies the polling program: its User-Agent.
   * @param answer called exactly once, immediately or later.
   * @returns a function that cancels the poll when its connection is closed.
   */
  poll(client: string, answer: (outcome: PollOutcome<E>) => void): () => void {
    const now = this.#clock.now();
    this.#forgetOld(now);
    const known = this.#clients.get(client) ?? new PollingClient<E>(now);
    this.#clients.set(client, known);
    const seen = known.arrives();
    if (this.#endSeq !== undefined && this.#next(seen) === undefined) {
      known.leaves(seen, now);
      answer({ kind: "gone" });
      return () => {};
    }

    const leave = () => {
      if (!known.polls.delete(poll)) return false;
      known.leaves(seen, this.#clock.now());
      return true;
    };
    const cancelTimeout = this.#clock.after(POLL_TIMEOUT_MS, () => {
      if (leave()) answer({ kind: "timeout" });
    });
    const poll: Poll<E> = { seen, answer, cancelTimeout };
    known.polls.add(poll);
    this.#deliver();
    return () => {
      cancelTimeout();
      leave();
    };
  }

  #next(seen: number): Entry<E> | undefined {
    return this.#entries.find((entry) => entry.seq > seen);
  }

  /** Answers every open poll whose next event is due, and sets a timer for the others. */
  #deliver(): void {
    const now = this.#clock.now();
    const answers: (() => void)[] = [];
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const client of this.#clients.values()) {
      for (const poll of [...client.polls]) {
        const entry = this.#next(poll.seen);
        if (entry === undefined || !client.polls.has(poll)) continue;
        const dueAt = client.dueAt(entry.seq);
        if (dueAt > now) {
          wakeAt = Math.min(wakeAt, dueAt);
          continue;
        }
        for (const one of [poll, ...indistinguishablePolls(client, entry.seq, now)]) {
          client.answers(one, Math.max(one.seen, entry.seq), now);
          answers.push(() => one.answer({ kind: "event", event: entry.event }));
        }
        entry.deliveredAt ??= now;
        if (entry.seq === this.#endSeq) this.#endDelivered = true;
      }
    }
    this.#cancelWake();
    this.#cancelWake =
      wakeAt === Number.POSITIVE_INFINITY ? () => {} : this.#clock.after(wakeAt - now, () => this.#deliver());
    // Last, because `answer` may poll or push immediately.
    for (const answer of answers) answer();
  }

  #forgetOld(now: number): void {
    this.#entries = this.#entries.filter(
      ({ deliveredAt }) => deliveredAt === undefined || now - deliveredAt < REPLAY_GRACE_MS,
    );
    for (const [name, client] of this.#clients) if (client.forgetOld(now)) this.#clients.delete(name);
  }
}

/** Open polls that count as having seen the event, although any of them may be the one that has not. */
function indistinguishablePolls<E>(client: PollingClient<E>, seq: number, now: number): Poll<E>[] {
  if (now - client.answeredAt > CONFUSION_MS) return [];
  return [...client.polls].filter((poll) => poll.seen >= seq);
}
