/** Sound further ahead than this has a gap before it; further behind, it was heard already. */
const STEP_SECONDS = 0.02;
/** Timestamps count milliseconds: within this nothing is out of step. */
const SLACK_SECONDS = 0.003;

export interface Placed {
  samples: Float32Array;
  at: number;
}

/**
 * Lays a leg's frames one after another, to the sample, over all files that it is recorded in. What clocks drift apart is
 * made up for by a sample a frame, which nobody hears; a gap stays one, and what the next recorder was told again is left
 * out.
 */
export class Placement {
  readonly #step: number;
  readonly #slack: number;
  #next: number | undefined;
  /** Another file begins: nothing in it has drifted yet. */
  #isBeginning = true;

  constructor(sampleRate: number) {
    this.#step = STEP_SECONDS * sampleRate;
    this.#slack = SLACK_SECONDS * sampleRate;
  }

  /** What comes from now on is of another file. */
  begin(): void {
    this.#isBeginning = true;
  }

  /**
   * @param at where its timestamp puts the frame, in samples.
   * @returns undefined when all of it was heard already.
   */
  place(samples: Float32Array, at: number): Placed | undefined {
    if (this.#next === undefined) return this.#put(samples, Math.round(at));
    const ahead = at - this.#next;
    const most = this.#isBeginning ? this.#slack : this.#step;
    if (ahead > most) return this.#put(samples, Math.round(at));
    if (ahead < -most) {
      const known = Math.round(-ahead);
      return known < samples.length ? this.#put(samples.subarray(known), this.#next) : undefined;
    }
    if (ahead > this.#slack) return this.#put(withLastAgain(samples), this.#next);
    return this.#put(ahead < -this.#slack ? samples.subarray(0, -1) : samples, this.#next);
  }

  #put(samples: Float32Array, at: number): Placed {
    this.#next = at + samples.length;
    this.#isBeginning = false;
    return { samples, at };
  }
}

function withLastAgain(samples: Float32Array): Float32Array {
  const longer = new Float32Array(samples.length + 1);
  longer.set(samples);
  longer[samples.length] = samples.at(-1) ?? 0;
  return longer;
}
