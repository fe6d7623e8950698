/**
 * Holds the first pictures of VP9. Browsers send only the lower spatial layers until they know the bandwidth, so a
 * recording would begin with smaller pictures, and its container would have their size. If there are several layers, the
 * recording begins at a keyframe with all of them, and what precedes it is left out; after two seconds, it begins with
 * everything that was held.
 */

/** Several layers have come by then, or never will. A busy browser sends few pictures a second. */
const ONE_LAYER_MS = 400;
const ONE_LAYER_PICTURES = 10;
const ONE_LAYER_LIMIT_MS = 1_000;
/** Browsers switch the higher layers off and on again at first. */
const STEADY_MS = 150;
const LIMIT_MS = 2_000;

export interface HeldPicture {
  packets: Buffer[];
  timestamp: number;
  isKeyframe: boolean;
  ssrc: number;
}

export class Vp9Start {
  readonly #held: HeldPicture[] = [];
  #firstMs: number | undefined;
  #mostLayers = 1;
  /** Since when all layers have come with each picture. */
  #steadySinceMs = Number.POSITIVE_INFINITY;
  /** A keyframe would begin the recording. */
  wantsKeyframe = false;

  /** Number of held packets. */
  get length(): number {
    return this.#held.reduce((sum, { packets }) => sum + packets.length, 0);
  }

  /** Takes the next whole picture. Returns what to forward now that the recording begins; undefined until then. */
  take(picture: HeldPicture, layers: number, nowMs: number): HeldPicture[] | undefined {
    this.#firstMs ??= nowMs;
    if (layers !== this.#mostLayers) this.#steadySinceMs = Number.POSITIVE_INFINITY;
    this.#mostLayers = Math.max(this.#mostLayers, layers);
    if (layers === this.#mostLayers) this.#steadySinceMs = Math.min(this.#steadySinceMs, nowMs);
    const isSteady = nowMs - this.#steadySinceMs >= STEADY_MS;
    this.wantsKeyframe = this.#mostLayers > 1 && isSteady;
    if (this.wantsKeyframe && picture.isKeyframe) this.#held.length = 0;
    this.#held.push(picture);
    return this.wantsKeyframe && picture.isKeyframe ? this.release() : this.due(nowMs);
  }

  /** The same, without another picture. */
  due(nowMs: number): HeldPicture[] | undefined {
    const oneLayerMs = this.#held.length < ONE_LAYER_PICTURES ? ONE_LAYER_LIMIT_MS : ONE_LAYER_MS;
    const limitMs = this.#mostLayers > 1 ? LIMIT_MS : oneLayerMs;
    return this.#firstMs !== undefined && nowMs - this.#firstMs >= limitMs ? this.release() : undefined;
  }

  /** Everything that is held. */
  release(): HeldPicture[] {
    return this.#held.splice(0);
  }
}
