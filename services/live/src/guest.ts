import { join } from "node:path";
import { Decoder, toPictures, toSamples } from "./decoder.ts";
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

/** A track that is being read. */
interface Followed {
  /** As the newest plan has it: where it begins is known better once its sender has reported. */
  track: Track;
  over: AbortController;
}

/** A participant who is there: what is recorded of them is followed, shown and heard. */
export class Guest {
  readonly screen: Screen;
  readonly #surroundings: Surroundings;
  readonly #followed = new Map<string, Followed>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.screen = new Screen(surroundings.size);
  }

  /** Follows the tracks that the participant has now: a leg that goes on in another file is still the same. */
  update({ tracks }: Pick<Participant, "tracks">): void {
    for (const [file, { over }] of this.#followed) {
      if (tracks.some((track) => track.file === file)) continue;
      over.abort();
      this.#followed.delete(file);
    }
    for (const track of tracks) {
      const known = this.#followed.get(track.file);
      if (known) known.track = track;
      else this.#begin(track);
    }
  }

  leave(): void {
    this.update({ tracks: [] });
  }

  #begin(track: Track): void {
    const followed: Followed = { track, over: new AbortController() };
    this.#followed.set(track.file, followed);
    void this.#follow(followed).catch((error) => {
      this.#surroundings.say({ event: "lost", file: track.file, reason: String(error) });
      if (this.#followed.get(track.file) === followed) this.#followed.delete(track.file); // with the next plan again
    });
  }

  async #follow(followed: Followed): Promise<void> {
    const { root, now, size } = this.#surroundings;
    const { track, over } = followed;
    await using file = await GrowingTrack.open(join(root, track.file));
    using decoder = new Decoder(track.kind === "video" ? toPictures(size) : toSamples());
    over.signal.addEventListener("abort", () => decoder[Symbol.dispose]());
    const showing = this.#show(followed, decoder);
    const fromMs = (now() - track.startUnixMs) / track.rate;
    for await (const bytes of file.read(fromMs, over.signal)) await decoder.feed(bytes);
    await showing;
  }

  async #show(followed: Followed, { frames }: Decoder): Promise<void> {
    const { beganUnixMs, mixer } = this.#surroundings;
    const voice = new Voice(mixer);
    for await (const { ms, data } of frames) {
      const { kind, startUnixMs, rate } = followed.track;
      const unixMs = startUnixMs + ms * rate;
      if (kind === "video") this.screen.put({ ms: unixMs, data });
      else voice.say(samplesOf(data), ((unixMs - beganUnixMs) / 1000) * SAMPLE_RATE);
    }
  }
}

/** Copied where they do not lie as numbers must. */
export function samplesOf(data: Buffer): Float32Array {
  const bytes = data.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? data : Buffer.from(data);
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(data.length / Float32Array.BYTES_PER_ELEMENT));
}
