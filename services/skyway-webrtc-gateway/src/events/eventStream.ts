import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { type Poll, PollingClient, type PollOutcome, REPLAY_GRACE_MS } from "./pollingClient.ts";

/** The REST timeout of the official gateway since 0.0.3; Ruby's Net::HTTP gives up after 60 s. */
export const POLL_TIMEOUT_MS = 30_000;
/** Within this time after an answer, an arriving poll may as well be the answered poller's next one. */
export const CONFUSION_MS = 100;
/** A stream that nobody reads keeps this many events; older ones are dropped. */
export const MAX_UNREAD_EVENTS = 1_000;

interface Entry<E> {
  readonly seq: number;
  readonly event: E;
  /** When it first went out; undefined while nobody has it. */
  deliveredAt: number | undefined;
}

/**
 * Events for long polls that carry no name of who polls.
 *
 * - An event goes to every poll that is open; with none open it waits for the next one.
 * - Programs run several pollers on one stream, each throwing away what it does not look for. An event that
 *   has gone out stays for REPLAY_GRACE_MS, for pollers that were between two polls just then.
 * - A poller that is alone never gets an event twice: its next poll cannot overlap another one, and is
 *   therefore taken for that of the poller who has seen most. Only a poll that no known poller explains, or
 *   one that is known to lag behind, gets what went out before.
 * - When such a poll comes within CONFUSION_MS of the answer, nobody can tell it from the answered poller's
 *   next one, so the other open polls that came since get the event again too: a poller that misses an event
 *   hangs, one that throws it away twice does not.
 * - Events that follow one another go out when all pollers are back, up to LOCKSTEP_MS, so this stays rare.
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

  /** Whether somebody has got the last event. */
  get endDelivered(): boolean {
    return this.#endDelivered;
  }

  /** Does nothing once the stream has ended. */
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
   * @param client what is known of who polls: its User-Agent.
   * @param answer is called once, at once or later.
   * @returns what cancels the poll when its connection is gone.
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

  /** Answers every open poll that may have its next event now, and wakes up for those that may later. */
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
        for (const one of [poll, ...mistakable(client, entry.seq, now)]) {
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
    // Last, because whoever is answered may poll or push at once.
    for (const answer of answers) answer();
  }

  #forgetOld(now: number): void {
    this.#entries = this.#entries.filter(
      ({ deliveredAt }) => deliveredAt === undefined || now - deliveredAt < REPLAY_GRACE_MS,
    );
    for (const [name, client] of this.#clients) if (client.forgetOld(now)) this.#clients.delete(name);
  }
}

/** Open polls that count as having seen the event, though the one that lacks it may be any of them. */
function mistakable<E>(client: PollingClient<E>, seq: number, now: number): Poll<E>[] {
  if (now - client.answeredAt > CONFUSION_MS) return [];
  return [...client.polls].filter((poll) => poll.seen >= seq);
}
