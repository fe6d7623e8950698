import { performance } from "node:perf_hooks";

/** So often it is looked at how late a timer is. */
export const SAMPLE_INTERVAL_MS = 100;
/** How long a time is judged by: one burst is no shortage. */
export const WINDOW_MS = 10_000;
const SAMPLES = WINDOW_MS / SAMPLE_INTERVAL_MS;
/** One in ten waits was longer than what is told. */
const QUANTILE = 0.9;

/**
 * How long this process waits for a processor when it has something to do, measured by how late its timers are.
 * Gateway and recorders have the same claim to the processors, so they wait as long.
 *
 * Load, idle time and the kernel's pressure figures do not tell it: follow-up jobs and builds use up what is idle, and
 * yield.
 */
export class CpuWait {
  readonly #lateMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** In milliseconds; 0 until the first sample. */
  get ms(): number {
    const sorted = this.#lateMs.toSorted((a, b) => a - b);
    return sorted[Math.floor(QUANTILE * (sorted.length - 1))] ?? 0;
  }

  /** Begins to measure; what it returns ends it. */
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
    // A long wait stands for all the samples that it took the place of.
    const missed = Math.min(SAMPLES, Math.floor(lateMs / SAMPLE_INTERVAL_MS));
    for (let sample = 1; sample <= missed; sample += 1) this.#lateMs.push(lateMs - sample * SAMPLE_INTERVAL_MS);
    this.#lateMs.splice(0, this.#lateMs.length - SAMPLES);
  }
}
