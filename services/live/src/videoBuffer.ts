import type { Frame } from "./matroskaFrames.ts";
import { type Picture, scaled } from "./picture.ts";
import type { Size } from "./tileGrid.ts";

/** The last picture is shown for at most this long. After that, the camera counts as off. */
const FREEZE_LIMIT_MS = 3_000;
/** Maximum number of buffered frames. */
const FRAMES_LIMIT = 120;

/** Buffers one participant's pictures, and returns the newest one that is due. */
export class VideoBuffer {
  readonly #size: Size;
  readonly #waiting: Frame[] = [];
  #shown: Frame | undefined;
  #fitted: Picture | undefined;

  /** @param size of the decoded pictures. */
  constructor(size: Size) {
    this.#size = size;
  }

  put(frame: Frame): void {
    this.#waiting.push(frame);
    if (this.#waiting.length > FRAMES_LIMIT) this.#waiting.shift();
  }

  /** @returns the picture scaled to the tile; undefined if there is none. */
  at(unixMs: number, tile: Size): Picture | undefined {
    while (this.#waiting[0] && this.#waiting[0].ms <= unixMs) {
      this.#shown = this.#waiting.shift();
      this.#fitted = undefined;
    }
    if (!this.#shown || unixMs - this.#shown.ms > FREEZE_LIMIT_MS) return undefined;
    if (this.#fitted?.width !== tile.width || this.#fitted.height !== tile.height) {
      const picture = { ...this.#size, data: this.#shown.data };
      const isFit = tile.width === picture.width && tile.height === picture.height;
      this.#fitted = isFit ? picture : scaled(picture, tile);
    }
    return this.#fitted;
  }
}
