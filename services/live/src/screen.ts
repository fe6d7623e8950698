import type { Frame } from "./matroskaFrames.ts";
import { type Picture, scaled } from "./picture.ts";
import type { Size } from "./seats.ts";

/** A picture for whose time nothing has come stands no longer than this: a camera that is off shows nothing. */
const STANDS_MS = 3_000;
/** Of one track, waiting for their time. */
const WAITING_LIMIT = 120;

/** What one participant shows: the newest picture that is not ahead of its time. */
export class Screen {
  readonly #size: Size;
  readonly #waiting: Frame[] = [];
  #shown: Frame | undefined;
  #fitted: Picture | undefined;

  /** @param size of the pictures that come. */
  constructor(size: Size) {
    this.#size = size;
  }

  put(frame: Frame): void {
    this.#waiting.push(frame);
    if (this.#waiting.length > WAITING_LIMIT) this.#waiting.shift();
  }

  /** @returns undefined while there is nothing to show. */
  at(unixMs: number, seat: Size): Picture | undefined {
    while (this.#waiting[0] && this.#waiting[0].ms <= unixMs) {
      this.#shown = this.#waiting.shift();
      this.#fitted = undefined;
    }
    if (!this.#shown || unixMs - this.#shown.ms > STANDS_MS) return undefined;
    if (this.#fitted?.width !== seat.width || this.#fitted.height !== seat.height) {
      const picture = { ...this.#size, data: this.#shown.data };
      const isFit = seat.width === picture.width && seat.height === picture.height;
      this.#fitted = isFit ? picture : scaled(picture, seat);
    }
    return this.#fitted;
  }
}
