export const SAMPLE_RATE = 48_000;
export const CHANNELS = 2;
/** ffmpeg's name for this number of channels. */
export const CHANNEL_LAYOUT = "stereo";

/** How far ahead audio is buffered. */
const BUFFER_SECONDS = 8;
const BUFFER_SAMPLES = BUFFER_SECONDS * SAMPLE_RATE;
/** Timestamps have millisecond resolution. Audio within this distance follows the previous frame without a gap. */
const IN_STEP_SAMPLES = 0.02 * SAMPLE_RATE;

/** Mixes audio at given positions. Positions count samples from the start of the stream. */
export class Mixer {
  readonly #channels: number;
  readonly #buffer: Float32Array;
  /** Everything before this position has been taken. */
  #taken = 0;

  constructor(channels = CHANNELS) {
    this.#channels = channels;
    this.#buffer = new Float32Array(BUFFER_SAMPLES * channels);
  }

  get taken(): number {
    return this.#taken;
  }

  /** Whether audio up to this position fits into the buffer. */
  hasRoom(until: number): boolean {
    return until <= this.#taken + BUFFER_SAMPLES;
  }

  /** Adds audio to the mix. Audio that is late or too far ahead is dropped. */
  add(samples: Float32Array, at: number): void {
    const channels = this.#channels;
    const count = samples.length / channels;
    const first = Math.max(0, this.#taken - at);
    const last = Math.min(count, this.#taken + BUFFER_SAMPLES - at);
    for (let index = first; index < last; index += 1) {
      const slot = ((at + index) % BUFFER_SAMPLES) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        this.#buffer[slot + channel] = (this.#buffer[slot + channel] ?? 0) + (samples[index * channels + channel] ?? 0);
      }
    }
  }

  /** Takes the next samples; silence where nothing was added. */
  take(count: number): Float32Array {
    const channels = this.#channels;
    const taken = new Float32Array(count * channels);
    for (let index = 0; index < count; index += 1) {
      const slot = ((this.#taken + index) % BUFFER_SAMPLES) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        taken[index * channels + channel] = this.#buffer[slot + channel] ?? 0;
        this.#buffer[slot + channel] = 0;
      }
    }
    this.#taken += count;
    return taken;
  }
}

/** One source of audio. Its frames follow each other sample-exactly, unless there is a gap. */
export class MixerInput {
  readonly #mixer: Mixer;
  #next: number | undefined;

  constructor(mixer: Mixer) {
    this.#mixer = mixer;
  }

  /** @param at position according to the timestamp, in samples. */
  add(samples: Float32Array, at: number): void {
    const isInStep = this.#next !== undefined && Math.abs(at - this.#next) < IN_STEP_SAMPLES;
    const start = isInStep && this.#next !== undefined ? this.#next : Math.round(at);
    this.#mixer.add(samples, start);
    this.#next = start + samples.length / CHANNELS;
  }
}
