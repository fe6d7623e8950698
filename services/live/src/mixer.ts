export const SAMPLE_RATE = 48_000;
export const CHANNELS = 2;
/** The same in the words of ffmpeg. */
export const CHANNEL_LAYOUT = "stereo";

/** So much sound is kept for times that have not come yet. */
const KEPT_SECONDS = 8;
const KEPT_SAMPLES = KEPT_SECONDS * SAMPLE_RATE;
/** Timestamps count milliseconds: sound that is no further from where it belongs follows what came before it. */
const IN_STEP_SAMPLES = 0.02 * SAMPLE_RATE;

/** Adds up everybody's sound, each at its own time. Times count samples from the stream's beginning. */
export class Mixer {
  readonly #channels: number;
  readonly #kept: Float32Array;
  /** Everything before has been taken. */
  #taken = 0;

  constructor(channels = CHANNELS) {
    this.#channels = channels;
    this.#kept = new Float32Array(KEPT_SAMPLES * channels);
  }

  get taken(): number {
    return this.#taken;
  }

  /** Whether what is added up to there is heard, and not too far ahead. */
  hasRoom(until: number): boolean {
    return until <= this.#taken + KEPT_SAMPLES;
  }

  /** What comes too late is not heard, nor is what is too far ahead. */
  add(samples: Float32Array, at: number): void {
    const channels = this.#channels;
    const count = samples.length / channels;
    const first = Math.max(0, this.#taken - at);
    const last = Math.min(count, this.#taken + KEPT_SAMPLES - at);
    for (let index = first; index < last; index += 1) {
      const place = ((at + index) % KEPT_SAMPLES) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        this.#kept[place + channel] = (this.#kept[place + channel] ?? 0) + (samples[index * channels + channel] ?? 0);
      }
    }
  }

  /** The next of them, silence where nobody said anything. */
  take(count: number): Float32Array {
    const channels = this.#channels;
    const taken = new Float32Array(count * channels);
    for (let index = 0; index < count; index += 1) {
      const place = ((this.#taken + index) % KEPT_SAMPLES) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        taken[index * channels + channel] = this.#kept[place + channel] ?? 0;
        this.#kept[place + channel] = 0;
      }
    }
    this.#taken += count;
    return taken;
  }
}

/** One source of sound: its frames follow each other to the sample, unless there is a gap. */
export class Voice {
  readonly #mixer: Mixer;
  #next: number | undefined;

  constructor(mixer: Mixer) {
    this.#mixer = mixer;
  }

  /** @param at where its timestamp puts it. */
  say(samples: Float32Array, at: number): void {
    const isInStep = this.#next !== undefined && Math.abs(at - this.#next) < IN_STEP_SAMPLES;
    const start = isInStep && this.#next !== undefined ? this.#next : Math.round(at);
    this.#mixer.add(samples, start);
    this.#next = start + samples.length / CHANNELS;
  }
}
