import type { KeyframeTest } from "../keyframe.ts";
import { emptyHeader, type RtpHeader, readHeader } from "../packet.ts";
import { extensionText } from "./headerExtension.ts";
import type { PixelCount } from "./pictureSize.ts";

/**
 * Chooses the simulcast layer to record by what arrives: the largest picture, or the highest bitrate where the size
 * cannot be read. Offers do not tell the sizes, and senders switch layers off and on during a call. Another layer begins
 * with a keyframe.
 *
 * The layers of a browser begin within half a second: the first packets are held until all have begun, so that a
 * recording does not begin with a smaller picture.
 *
 * Budget: 0.2 µs per packet.
 */

/** A layer that sends nothing for this time is switched off. */
const SILENT_LAYER_MS = 1_000;
/** Bitrates are compared over this time. */
const RATE_WINDOW_MS = 1_000;
/** A layer of unknown size must send this much more: bitrates vary. */
const RATE_RATIO = 1.5;
/** A keyframe is requested from a layer at most once in this time … */
const KEYFRAME_INTERVAL_MS = 1_000;
/** … and this often in vain. */
const MAX_REQUESTS = 5;
/** No sender has more. Further sources are ignored. */
const MAX_LAYERS = 8;
/** How long the first packets are held for layers that have not begun. */
const HOLD_MS = 1_000;
/** 2 MB. */
const MAX_HELD_PACKETS = 1_500;

/** Identifiers of the header extensions that name layers (RFC 8852, sections 3.1 and 3.2). */
export interface LayerExtensions {
  layer: number;
  /** Of retransmissions. */
  repairedLayer: number;
}

/** What tells the layers apart that a sender may send. */
export interface LayerSettings extends LayerExtensions {
  /** How many there are. */
  count: number;
}

export interface LayerEvents {
  /** A held packet of the layer that is recorded first. */
  released(packet: Buffer, header: RtpHeader, arrivedMs: number): void;
  /** From this packet on, the layer with this source is recorded. */
  chosen(ssrc: number, nowMs: number): void;
  /** A layer is wanted, but cannot begin without a keyframe. */
  keyframeWanted(ssrc: number): void;
}

interface Layer {
  readonly ssrc: number;
  name: string | undefined;
  /** A keyframe has arrived. */
  hasBegun: boolean;
  pixels: number;
  lastMs: number;
  windowMs: number;
  windowBytes: number;
  bytesPerWindow: number;
  requestedMs: number;
  requests: number;
}

export class LayerChoice {
  readonly #settings: LayerSettings;
  readonly #startsKeyframe: KeyframeTest | undefined;
  readonly #pixels: PixelCount | undefined;
  readonly #events: LayerEvents;
  readonly #layers: Layer[] = [];
  /** Layer names by the source of its retransmissions. */
  readonly #repairs = new Map<number, string>();
  #chosen: Layer | undefined;
  readonly #header = emptyHeader();
  /** The first packets and their arrival times, until a layer is chosen. */
  #held: Buffer[] = [];
  #heldMs: number[] = [];

  constructor(
    settings: LayerSettings,
    codec: { startsKeyframe: KeyframeTest | undefined; pixels: PixelCount | undefined },
    events: LayerEvents,
  ) {
    this.#settings = settings;
    this.#startsKeyframe = codec.startsKeyframe;
    this.#pixels = codec.pixels;
    this.#events = events;
  }

  /** Whether a packet belongs to the recorded layer. */
  takes(packet: Buffer, header: RtpHeader, nowMs: number): boolean {
    const layer = this.#find(header.ssrc, nowMs);
    if (layer === undefined) return false;
    layer.name ??= extensionText(packet, this.#settings.layer);
    if (header.payloadEnd <= header.payloadStart) return layer === this.#chosen; // a bandwidth probe
    this.#count(layer, packet.length, nowMs);
    const { payloadStart, payloadEnd } = header;
    const isStart = this.#startsKeyframe?.(packet, payloadStart, payloadEnd) ?? false;
    if (isStart) {
      layer.hasBegun = true;
      layer.pixels = this.#pixels?.(packet, payloadStart, payloadEnd) || layer.pixels;
      layer.requests = 0;
    }
    const chosen = this.#chosen;
    if (layer === chosen) return true;
    if (chosen === undefined) this.#hold(packet, nowMs);
    else if (!isStart) this.#perhapsRequest(layer, chosen, nowMs);
    else if (this.#replaces(layer, chosen, nowMs)) {
      this.#chosen = layer;
      this.#events.chosen(layer.ssrc, nowMs);
      return true;
    }
    return false;
  }

  /** Stops holding packets when it is time. */
  tick(nowMs: number): void {
    if (this.#held.length > 0 && nowMs - (this.#heldMs[0] as number) >= HOLD_MS) this.flush();
  }

  /** Chooses the first layer now, and releases its packets. */
  flush(): void {
    if (this.#chosen !== undefined || this.#held.length === 0) return;
    let best = this.#layers[0] as Layer;
    for (const layer of this.#layers) if (isLargerAtFirst(layer, best)) best = layer;
    this.#chosen = best;
    const [held, heldMs] = [this.#held, this.#heldMs];
    this.#held = [];
    this.#heldMs = [];
    for (const [index, packet] of held.entries()) {
      if (readHeader(packet, this.#header) && this.#header.ssrc === best.ssrc)
        this.#events.released(packet, this.#header, heldMs[index] as number);
    }
  }

  #hold(packet: Buffer, nowMs: number): void {
    this.#held.push(packet);
    this.#heldMs.push(nowMs);
    let begun = 0;
    for (const layer of this.#layers) if (layer.pixels > 0) begun++;
    if (begun >= this.#settings.count || this.#held.length >= MAX_HELD_PACKETS) this.flush();
    else this.tick(nowMs);
  }

  /** Whether a retransmission belongs to the recorded layer. Unknown if its source has not named the layer yet. */
  takesRepeated(packet: Buffer, header: RtpHeader): boolean {
    let name = this.#repairs.get(header.ssrc);
    if (name === undefined) {
      name = extensionText(packet, this.#settings.repairedLayer);
      if (name === undefined) return false;
      if (this.#repairs.size < MAX_LAYERS) this.#repairs.set(header.ssrc, name);
    }
    return name === this.#chosen?.name;
  }

  #find(ssrc: number, nowMs: number): Layer | undefined {
    for (const layer of this.#layers) if (layer.ssrc === ssrc) return layer;
    if (this.#layers.length >= MAX_LAYERS) {
      // Senders that restart have new sources.
      const silent = this.#layers.findIndex((one) => one !== this.#chosen && nowMs - one.lastMs > SILENT_LAYER_MS);
      if (silent < 0) return undefined;
      this.#layers.splice(silent, 1);
    }
    const layer = {
      ...{ ssrc, name: undefined, hasBegun: false, pixels: 0, lastMs: nowMs },
      ...{ windowMs: nowMs, windowBytes: 0, bytesPerWindow: 0, requestedMs: Number.NEGATIVE_INFINITY, requests: 0 },
    };
    this.#layers.push(layer);
    return layer;
  }

  #count(layer: Layer, bytes: number, nowMs: number): void {
    if (nowMs - layer.lastMs > SILENT_LAYER_MS) layer.requests = 0; // switched on again
    layer.lastMs = nowMs;
    layer.windowBytes += bytes;
    if (nowMs - layer.windowMs < RATE_WINDOW_MS) return;
    layer.bytesPerWindow = (layer.windowBytes * RATE_WINDOW_MS) / (nowMs - layer.windowMs);
    layer.windowMs = nowMs;
    layer.windowBytes = 0;
  }

  #replaces(layer: Layer, chosen: Layer, nowMs: number): boolean {
    return nowMs - chosen.lastMs > SILENT_LAYER_MS ? this.#isBestOfOthers(layer, nowMs) : isLarger(layer, chosen);
  }

  /** A larger one that sends is waited for, unless it sends no keyframe. */
  #isBestOfOthers(layer: Layer, nowMs: number): boolean {
    for (const other of this.#layers) {
      if (nowMs - other.lastMs > SILENT_LAYER_MS || other.requests >= MAX_REQUESTS) continue;
      if (isLarger(other, layer)) return false;
    }
    return true;
  }

  #perhapsRequest(layer: Layer, chosen: Layer, nowMs: number): void {
    if (nowMs - layer.requestedMs < KEYFRAME_INTERVAL_MS || layer.requests >= MAX_REQUESTS) return;
    const isUnknown = layer.pixels === 0 && this.#pixels !== undefined;
    if (!isUnknown && !this.#replaces(layer, chosen, nowMs)) return;
    layer.requestedMs = nowMs;
    layer.requests++;
    this.#events.keyframeWanted(layer.ssrc);
  }
}

/** Before bitrates are known. A layer without a keyframe cannot be recorded yet. */
function isLargerAtFirst(one: Layer, other: Layer): boolean {
  if (one.hasBegun !== other.hasBegun) return one.hasBegun;
  if (one.pixels > 0 && other.pixels > 0) return one.pixels > other.pixels;
  return one.windowBytes + one.bytesPerWindow > other.windowBytes + other.bytesPerWindow;
}

function isLarger(one: Layer, other: Layer): boolean {
  if (one.pixels > 0 && other.pixels > 0) return one.pixels > other.pixels;
  return one.bytesPerWindow > other.bytesPerWindow * RATE_RATIO && other.bytesPerWindow > 0;
}
