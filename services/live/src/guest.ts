import { join } from "node:path";
import { Decoder } from "./decoder.ts";
import { GrowingTrack } from "./growingTrack.ts";
import { type Mixer, SAMPLE_RATE, Voice } from "./mixer.ts";
import type { Participant, Track } from "./plan.ts";
import { Screen } from "./screen.ts";
import type { Size } from "./seats.ts";

export interface Surroundings {
  /** Where the recordings volume is mounted. */
  root: string;
  mixer: Mixer;
  size: Size;
  /** When the stream began: where samples are counted from. Unix milliseconds. */
  beganUnixMs: number;
  /** The time that is being shown. Unix milliseconds. */
  now(): number;
  say(event: Record<string, unknown>): void;
}

/** A participant who is there: what is recorded of them is followed, shown and heard. */
export class Guest {
  readonly screen: Screen;
  readonly #surroundings: Surroundings;
  readonly #followed = new Map<string, AbortController>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.screen = new Screen(surroundings.size);
  }

  /** Follows the tracks that the participant has now: a leg that goes on in another file is still the same. */
  update({ tracks }: Pick<Participant, "tracks">): void {
    for (const [file, over] of this.#followed) {
      if (tracks.some((track) => track.file === file)) continue;
      over.abort();
      this.#followed.delete(file);
    }
    for (const track of tracks) {
      if (this.#followed.has(track.file)) continue;
      const over = new AbortController();
      this.#followed.set(track.file, over);
      void this.#follow(track, over.signal).catch((error) => {
        this.#surroundings.say({ event: "lost", file: track.file, reason: String(error) });
        if (this.#followed.get(track.file) === over) this.#followed.delete(track.file); // with the next plan again
      });
    }
  }

  leave(): void {
    this.update({ tracks: [] });
  }

  async #follow(track: Track, signal: AbortSignal): Promise<void> {
    const { root, now, size } = this.#surroundings;
    await using file = await GrowingTrack.open(join(root, track.file));
    using decoder = new Decoder(track.kind, size);
    signal.addEventListener("abort", () => decoder[Symbol.dispose]());
    const showing = this.#show(track, decoder);
    const fromMs = (now() - track.startUnixMs) / track.rate;
    for await (const bytes of file.read(fromMs, signal)) await decoder.feed(bytes);
    await showing;
  }

  async #show(track: Track, { frames }: Decoder): Promise<void> {
    const { beganUnixMs, mixer } = this.#surroundings;
    const voice = new Voice(mixer);
    for await (const { ms, data } of frames) {
      const unixMs = track.startUnixMs + ms * track.rate;
      if (track.kind === "video") this.screen.put({ ms: unixMs, data });
      else voice.say(samplesOf(data), ((unixMs - beganUnixMs) / 1000) * SAMPLE_RATE);
    }
  }
}

/** Copied where they do not lie as numbers must. */
function samplesOf(data: Buffer): Float32Array {
  const bytes = data.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? data : Buffer.from(data);
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(data.length / Float32Array.BYTES_PER_ELEMENT));
}
