/** Files that play by themselves drift apart; a smaller difference than this is not heard, and a seek is. */
const DRIFT_LIMIT_S = 0.15;
/** Media may never report data beyond its last frames, so nobody waits for it there. */
const LAST_MOMENT_S = 0.5;
/** HTMLMediaElement.HAVE_FUTURE_DATA */
const HAVE_FUTURE_DATA = 3;

/** What is used of an HTMLMediaElement; times in seconds. */
export type Media = Pick<
  HTMLMediaElement,
  "currentTime" | "duration" | "paused" | "ended" | "readyState" | "playbackRate" | "error" | "play" | "pause"
>;

/** Calls back before each picture until it is told to end. */
export type Frames = (onFrame: () => void) => () => void;

interface Take {
  media: Media;
  /** Where it begins on the call's tape, in seconds. */
  from: number;
}

/**
 * Plays the recordings of one call together, each from its own start, as the call was. It has a clock of its own,
 * which the files follow; it waits while one of them still loads.
 */
export class Player {
  readonly #takes = new Map<string, Take>();
  readonly #listeners = new Set<() => void>();
  readonly #frames: Frames;
  readonly #now: () => number;
  #end: (() => void) | undefined;
  #at = 0;
  #rate = 1;
  #last = 0;

  /** @param now milliseconds that only go forward. */
  constructor(frames: Frames = animationFrames, now: () => number = () => performance.now()) {
    this.#frames = frames;
    this.#now = now;
  }

  /** Seconds from the call's first media. */
  get at(): number {
    return this.#at;
  }

  get playing(): boolean {
    return this.#end !== undefined;
  }

  get rate(): number {
    return this.#rate;
  }

  /** Takes a recording in; returns what takes it out. */
  add(id: string, media: Media, from: number): () => void {
    this.#takes.set(id, { media, from });
    return () => this.#takes.delete(id);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    if (this.playing || this.#takes.size === 0) return;
    if (this.#at >= this.#length()) this.#at = 0;
    this.#last = this.#now();
    this.#end = this.#frames(() => this.#tick());
    this.#tick();
  }

  pause(): void {
    this.#end?.();
    this.#end = undefined;
    for (const { media } of this.#takes.values()) media.pause();
    this.#tell();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(at: number): void {
    this.#at = Math.max(0, at);
    for (const { media, from } of this.#takes.values()) {
      media.currentTime = Math.min(Math.max(0, at - from), media.duration || 0);
    }
    this.#tell();
  }

  setRate(rate: number): void {
    this.#rate = rate;
    for (const { media } of this.#takes.values()) media.playbackRate = rate;
    this.#tell();
  }

  close(): void {
    this.pause();
    this.#listeners.clear();
  }

  #tick(): void {
    const now = this.#now();
    const takes = [...this.#takes.values()];
    if (!takes.some((take) => isLoading(take, this.#at))) this.#at += ((now - this.#last) / 1000) * this.#rate;
    this.#last = now;
    for (const take of takes) this.#lead(take);
    if (this.#at >= this.#length()) {
      this.#at = this.#length();
      this.pause();
    } else {
      this.#tell();
    }
  }

  /** Lets a recording play where the call is within it, and stand still elsewhere. */
  #lead({ media, from }: Take): void {
    const want = this.#at - from;
    if (want < 0 || want >= media.duration || media.error) {
      if (!media.paused) media.pause();
      return;
    }
    if (Math.abs(media.currentTime - want) > DRIFT_LIMIT_S) media.currentTime = want;
    if (!media.paused || media.ended) return;
    media.playbackRate = this.#rate;
    // Refused, or overtaken by a pause: the next tick looks again.
    media.play().catch(() => undefined);
  }

  #length(): number {
    return Math.max(0, ...[...this.#takes.values()].map(({ media, from }) => from + (media.duration || 0)));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isLoading({ media, from }: Take, at: number): boolean {
  const want = at - from;
  const within = want >= 0 && want < media.duration - LAST_MOMENT_S;
  return within && !media.paused && !media.error && media.readyState < HAVE_FUTURE_DATA;
}

function animationFrames(onFrame: () => void): () => void {
  let handle = requestAnimationFrame(function next() {
    handle = requestAnimationFrame(next);
    onFrame();
  });
  return () => cancelAnimationFrame(handle);
}
