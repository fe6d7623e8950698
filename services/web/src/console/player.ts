/** Files that play independently drift apart; a smaller difference is inaudible, a seek is audible. */
const DRIFT_LIMIT_S = 0.15;
/** Near its end, media may never report HAVE_FUTURE_DATA, so the player does not wait there. */
const END_TOLERANCE_S = 0.5;
/** HTMLMediaElement.HAVE_FUTURE_DATA */
const HAVE_FUTURE_DATA = 3;

/** The used part of HTMLMediaElement; times in seconds. */
export type Media = Pick<
  HTMLMediaElement,
  "currentTime" | "duration" | "paused" | "ended" | "readyState" | "playbackRate" | "error" | "play" | "pause"
>;

/** Calls `onFrame` before each repaint, until the returned function is called. */
export type Frames = (onFrame: () => void) => () => void;

interface Clip {
  media: Media;
  /** Its start on the call's timeline, in seconds. */
  from: number;
}

/**
 * Plays the recordings of one call in sync, each from its own start. The player has its own clock, which the files
 * follow; it waits while one of them is loading.
 */
export class Player {
  readonly #clips = new Map<string, Clip>();
  readonly #listeners = new Set<() => void>();
  readonly #frames: Frames;
  readonly #now: () => number;
  #end: (() => void) | undefined;
  #at = 0;
  #rate = 1;
  #last = 0;

  /** @param now monotonic milliseconds. */
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

  /** Adds a recording. Returns a function that removes it. */
  add(id: string, media: Media, from: number): () => void {
    this.#clips.set(id, { media, from });
    return () => this.#clips.delete(id);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    if (this.playing || this.#clips.size === 0) return;
    if (this.#at >= this.#length()) this.#at = 0;
    this.#last = this.#now();
    this.#end = this.#frames(() => this.#tick());
    this.#tick();
  }

  pause(): void {
    this.#end?.();
    this.#end = undefined;
    for (const { media } of this.#clips.values()) media.pause();
    this.#notify();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(at: number): void {
    this.#at = Math.max(0, at);
    for (const { media, from } of this.#clips.values()) {
      media.currentTime = Math.min(Math.max(0, at - from), media.duration || 0);
    }
    this.#notify();
  }

  setRate(rate: number): void {
    this.#rate = rate;
    for (const { media } of this.#clips.values()) media.playbackRate = rate;
    this.#notify();
  }

  close(): void {
    this.pause();
    this.#listeners.clear();
  }

  #tick(): void {
    const now = this.#now();
    const clips = [...this.#clips.values()];
    if (!clips.some((clip) => isLoading(clip, this.#at))) this.#at += ((now - this.#last) / 1000) * this.#rate;
    this.#last = now;
    for (const clip of clips) this.#follow(clip);
    if (this.#at >= this.#length()) {
      this.#at = this.#length();
      this.pause();
    } else {
      this.#notify();
    }
  }

  /** Plays a recording while the position is within it, and pauses it otherwise. */
  #follow({ media, from }: Clip): void {
    const want = this.#at - from;
    if (want < 0 || want >= media.duration || media.error) {
      if (!media.paused) media.pause();
      return;
    }
    if (Math.abs(media.currentTime - want) > DRIFT_LIMIT_S) media.currentTime = want;
    if (!media.paused || media.ended) return;
    media.playbackRate = this.#rate;
    // Refused, or interrupted by a pause: the next tick tries again.
    media.play().catch(() => undefined);
  }

  #length(): number {
    return Math.max(0, ...[...this.#clips.values()].map(({ media, from }) => from + (media.duration || 0)));
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isLoading({ media, from }: Clip, at: number): boolean {
  const want = at - from;
  const within = want >= 0 && want < media.duration - END_TOLERANCE_S;
  return within && !media.paused && !media.error && media.readyState < HAVE_FUTURE_DATA;
}

function animationFrames(onFrame: () => void): () => void {
  let handle = requestAnimationFrame(function next() {
    handle = requestAnimationFrame(next);
    onFrame();
  });
  return () => cancelAnimationFrame(handle);
}
