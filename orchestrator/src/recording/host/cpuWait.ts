import { performance } from "node:perf_hooks";

/** Interval of the timer whose delay is measured. */
export const SAMPLE_INTERVAL_MS = 100;
/** Length of the measured period: a single burst must not count as a shortage. */
export const WINDOW_MS = 10_000;
const SAMPLES = WINDOW_MS / SAMPLE_INTERVAL_MS;
/** So many waits of a whole period are longer than the reported value: one in ten. */
const LONGER = SAMPLES / 10;

/**
 * Measures how long this process waits for a CPU when it has work to do, by the delay of its timers. Gateway and
 * recorders have the same CPU weight, so they wait as long.
 *
 * Load, idle time and the kernel's pressure values are not suitable: follow-up jobs and builds use idle CPU time, but
 * yield it when needed.
 */
export class CpuWait {
  readonly #lateMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** In milliseconds. Samples that are missing in the first seconds of the process count as 0. */
  get ms(): number {
    return this.#lateMs.toSorted((a, b) => b - a)[LONGER] ?? 0;
  }

  /** Starts measuring. @returns a function that stops it. */
  start(): () => void {
    let expected = performance.now() + SAMPLE_INTERVAL_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.note(now - expected);
      expected = now + SAMPLE_INTERVAL_MS;
    }, SAMPLE_INTERVAL_MS);
    this.#timer.unref();
    return () => clearInterval(this.#timer);
  }

  note(lateMs: number): void {
    this.#lateMs.push(Math.max(0, lateMs));
    // A long wait also counts for the samples that could not be taken during it.
    const missed = Math.min(SAMPLES, Math.floor(lateMs / SAMPLE_INTERVAL_MS));
    for (let sample = 1; sample <= missed; sample += 1) this.#lateMs.push(lateMs - sample * SAMPLE_INTERVAL_MS);
    this.#lateMs.splice(0, this.#lateMs.length - SAMPLES);
  }
}
