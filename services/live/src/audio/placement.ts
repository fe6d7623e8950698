/** Audio that is ahead by more than this follows a gap. Audio that is behind by more was already written. */
const STEP_SECONDS = 0.02;
/** Timestamps have millisecond resolution. Smaller differences are ignored. */
const SLACK_SECONDS = 0.003;

export interface Placed {
  samples: Float32Array;
  at: number;
}

/**
 * Places a leg's frames one after another, sample-exact, across all files of the leg. Clock drift is corrected by one
 * sample per frame, which is inaudible. Gaps are kept. Audio that the next recorder received again after a takeover is
 * dropped.
 */
export class Placement {
  readonly #step: number;
  readonly #slack: number;
  #next: number | undefined;
  /** No frame of the current file was placed yet, so its clock cannot have drifted. */
  #isFirstFrame = true;

  constructor(sampleRate: number) {
    this.#step = STEP_SECONDS * sampleRate;
    this.#slack = SLACK_SECONDS * sampleRate;
  }

  /** To be called before the first frame of each file. */
  beginFile(): void {
    this.#isFirstFrame = true;
  }

  /**
   * @param at position of the frame according to its timestamp, in samples.
   * @returns undefined if the whole frame was already written.
   */
  place(samples: Float32Array, at: number): Placed | undefined {
    if (this.#next === undefined) return this.#put(samples, Math.round(at));
    const ahead = at - this.#next;
    const tolerance = this.#isFirstFrame ? this.#slack : this.#step;
    if (ahead > tolerance) return this.#put(samples, Math.round(at));
    if (ahead < -tolerance) {
      const overlap = Math.round(-ahead);
      return overlap < samples.length ? this.#put(samples.subarray(overlap), this.#next) : undefined;
    }
    if (ahead > this.#slack) return this.#put(withLastRepeated(samples), this.#next);
    return this.#put(ahead < -this.#slack ? samples.subarray(0, -1) : samples, this.#next);
  }

  #put(samples: Float32Array, at: number): Placed {
    this.#next = at + samples.length;
    this.#isFirstFrame = false;
    return { samples, at };
  }
}

function withLastRepeated(samples: Float32Array): Float32Array {
  const longer = new Float32Array(samples.length + 1);
  longer.set(samples);
  longer[samples.length] = samples.at(-1) ?? 0;
  return longer;
}
