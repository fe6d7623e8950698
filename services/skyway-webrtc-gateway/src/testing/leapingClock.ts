import { type Clock, monotonicClock } from "@skyway-call-recorder/process/clock.ts";

interface Alarm {
  readonly at: number;
  readonly action: () => void;
}

/** The system clock with the option to skip time: timers in the skipped time fire immediately. */
export class LeapingClock implements Clock {
  #leaptMs = 0;
  readonly #alarms = new Map<Alarm, () => void>();

  now(): number {
    return monotonicClock.now() + this.#leaptMs;
  }

  after(ms: number, action: () => void): () => void {
    const alarm = { at: this.now() + ms, action };
    this.#alarms.set(
      alarm,
      monotonicClock.after(ms, () => this.#ring(alarm)),
    );
    return () => this.#silence(alarm);
  }

  leap(ms: number): void {
    this.#leaptMs += ms;
    const due = [...this.#alarms.keys()].filter(({ at }) => at <= this.now()).sort((a, b) => a.at - b.at);
    for (const alarm of due) if (this.#alarms.has(alarm)) this.#ring(alarm);
  }

  #ring(alarm: Alarm): void {
    this.#silence(alarm);
    alarm.action();
  }

  #silence(alarm: Alarm): void {
    this.#alarms.get(alarm)?.();
    this.#alarms.delete(alarm);
  }
}
