/** One timer for all sessions: NACKs, reports and pacing are checked every 10 ms, and a timer per session would cost more. */

const TICK_MS = 10;

export interface Ticking {
  tick(nowMs: number): void;
}

export class Ticker {
  readonly #now: () => number;
  readonly #members = new Set<Ticking>();
  #timer: NodeJS.Timeout | undefined;

  /** `now`: milliseconds that never run backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(member: Ticking): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  remove(member: Ticking): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowMs = this.#now();
    for (const member of this.#members) member.tick(nowMs);
  }
}
