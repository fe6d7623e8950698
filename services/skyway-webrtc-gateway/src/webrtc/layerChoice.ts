import type { LayerSettings } from "../rtp/layers/layerChoice.ts";
import type { OfferedCodec, OfferedMedia } from "./offer.ts";

/** Header extensions that name the layer of a packet and of a retransmission (RFC 8852, sections 3.1 and 3.2). */
const LAYER = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_LAYER = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/** Chromium refuses an answer that names a layer but lacks these. */
const NEEDED = ["urn:ietf:params:rtp-hdrext:sdes:mid", LAYER];

/** The layers to accept, and the header extensions that tell them apart. */
export interface AcceptedLayers {
  names: readonly string[];
  /** URIs that the offer has. */
  extensions: readonly string[];
  /** Undefined if one layer is accepted. */
  choice: LayerSettings | undefined;
}

/**
 * Chooses what the answer accepts (RFC 8853, section 5.3.2). The receiver records the largest layer that arrives.
 *
 * Chromium sends only the first of three accepted layers if the picture is smaller than 480x270, and the first two if it
 * is smaller than 960x540 (libwebrtc, LimitSimulcastLayerCount), in the order of the offer. So no layer is accepted
 * before the best one, if the names tell which one that is.
 *
 * @param isLimited the leg has a bandwidth limit. Chromium spends it on the smaller layers first, so none is accepted
 * beside the best one.
 */
export function acceptLayers(
  { layers, extensions }: Pick<OfferedMedia, "layers" | "extensions">,
  { rtxPayloadType }: Pick<OfferedCodec, "rtxPayloadType">,
  isLimited: boolean,
): AcceptedLayers {
  const named = namedBest(layers);
  const best = bestLayer(layers);
  if (best === undefined) return { names: [], extensions: [], choice: undefined };
  const [layer, repairedLayer] = [extensions.get(LAYER), extensions.get(REPAIRED_LAYER)];
  const isTold = layer !== undefined && (repairedLayer !== undefined || rtxPayloadType === undefined);
  const wanted = named === undefined ? layers : isLimited ? [named] : layers.slice(layers.indexOf(named));
  const isChosenLater = wanted.length > 1 && isTold;
  return {
    names: isChosenLater ? wanted : [best],
    extensions: (isChosenLater ? [...NEEDED, REPAIRED_LAYER] : NEEDED).filter((uri) => extensions.has(uri)),
    choice: isChosenLater ? { layer, repairedLayer: repairedLayer ?? 0, count: wanted.length } : undefined,
  };
}

/**
 * The layer to record if only one can be accepted; undefined if there are none. Offers do not say which layer has the
 * most pixels. Usually the name does. Otherwise it is the last one, by the default scaling of browsers (W3C WebRTC,
 * section 5.4.1).
 */
export function bestLayer(layers: readonly string[]): string | undefined {
  return namedBest(layers) ?? layers.at(-1);
}

/** Names that pages give to the best simulcast layer. */
const BEST = [/^(f|full|orig|original|source)$/i, /^(hi|high|large|big)$/i];
/** One letter is the best beside another: h(igh) of h, m, l, and l(arge) of l, m, s. */
const BEST_BESIDE = [
  [/^h$/i, /^[lm]$/i],
  [/^l$/i, /^s$/i],
] as const;
/** Heights of pictures, such as "720p". */
const HEIGHT = /^\D*(\d{3,4})p?$/i;
/** Layer 0 is the base layer, as in codecs with spatial layers. */
const NUMBERED = /^(?:layer|spatial|s)[-_]?(\d)$/i;

/** Undefined if the names do not tell. */
function namedBest(layers: readonly string[]): string | undefined {
  for (const name of BEST) {
    const found = layers.find((layer) => name.test(layer));
    if (found !== undefined) return found;
  }
  for (const [name, other] of BEST_BESIDE) {
    const found = layers.find((layer) => name.test(layer));
    if (found !== undefined && layers.some((layer) => other.test(layer))) return found;
  }
  return greatest(layers, HEIGHT) ?? greatest(layers, NUMBERED);
}

/** The name with the greatest number, if all names have one and they differ. */
function greatest(layers: readonly string[], form: RegExp): string | undefined {
  const numbers = layers.map((layer) => Number(form.exec(layer)?.[1] ?? Number.NaN));
  if (layers.length < 2 || numbers.some(Number.isNaN) || new Set(numbers).size < numbers.length) return undefined;
  return layers[numbers.indexOf(Math.max(...numbers))];
}
