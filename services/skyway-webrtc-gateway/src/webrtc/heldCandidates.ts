/** So long after our answer its caller is believed not to have stored it yet. */
export const HOLD_MS = 1_000;
/** A browser gathers about ten. */
const MAX_HELD = 100;

/**
 * Candidates of a caller that may not have our answer yet. Checks from us that come before it end a call with
 * libdatachannel: it begins DTLS with whoever has passed them, and refuses a certificate whose fingerprint it has not
 * heard of (3 of 180 calls on loopback, every one of a caller that is slow). Callers that have the answer begin checks of
 * their own, which need no candidate.
 */
export class HeldCandidates {
  readonly #add: (candidate: string) => void;
  #held: string[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(add: (candidate: string) => void) {
    this.#add = add;
  }

  /** From our answer on. */
  hold(): void {
    this.#held = [];
    this.#timer = setTimeout(() => this.release(), HOLD_MS).unref();
  }

  add(candidate: string): void {
    if (this.#held === undefined) this.#add(candidate);
    else if (this.#held.length < MAX_HELD) this.#held.push(candidate);
  }

  /** The caller was heard, or the time is over. May be called again. */
  release(): void {
    clearTimeout(this.#timer);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const candidate of held) this.#add(candidate);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#held = undefined;
  }
}
