/** How long after our answer to assume that the caller has not set it yet. */
export const HOLD_MS = 1_000;
/** A browser gathers about ten. */
const MAX_HELD = 100;

/**
 * Holds back the candidates of a caller that may not have our answer yet. If our checks arrive before our answer, a call
 * with libdatachannel ends: it begins DTLS with a peer whose check succeeded, and refuses a certificate whose fingerprint
 * it does not know (3 of 180 calls on loopback, and every call of a slow caller). Callers that have the answer begin
 * checks themselves, for which we need no candidate.
 */
export class HeldCandidates {
  readonly #add: (candidate: string) => void;
  #held: string[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(add: (candidate: string) => void) {
    this.#add = add;
  }

  /** Called with our answer. */
  hold(): void {
    this.#held = [];
    this.#timer = setTimeout(() => this.release(), HOLD_MS).unref();
  }

  add(candidate: string): void {
    if (this.#held === undefined) this.#add(candidate);
    else if (this.#held.length < MAX_HELD) this.#held.push(candidate);
  }

  /** The caller has connected, or the time is over. May be called again. */
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
