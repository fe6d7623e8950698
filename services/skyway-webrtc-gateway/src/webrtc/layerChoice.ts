import type { LayerExtensions } from "../rtp/layers/layerChoice.ts";
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
  choice: LayerExtensions | undefined;
}

/**
 * Accepts one layer if its name tells that it is the best: then only this one is sent (RFC 8853, section 5.3.2).
 * Otherwise accepts all, and the receiver chooses by what arrives. That needs extensions that name the layers.
 */
export function acceptLayers(
  { layers, extensions }: Pick<OfferedMedia, "layers" | "extensions">,
  { rtxPayloadType }: Pick<OfferedCodec, "rtxPayloadType">,
): AcceptedLayers {
  const best = bestLayer(layers);
  if (best === undefined) return { names: [], extensions: [], choice: undefined };
  const [layer, repairedLayer] = [extensions.get(LAYER), extensions.get(REPAIRED_LAYER)];
  const isTold = layer !== undefined && (repairedLayer !== undefined || rtxPayloadType === undefined);
  const isChosenLater = layers.length > 1 && namedBest(layers) === undefined && isTold;
  const wanted = isChosenLater ? [...NEEDED, REPAIRED_LAYER] : NEEDED;
  return {
    names: isChosenLater ? layers : [best],
    extensions: wanted.filter((uri) => extensions.has(uri)),
    choice: isChosenLater ? { layer, repairedLayer: repairedLayer ?? 0 } : undefined,
  };
}

/** Names that pages give to the best simulcast layer. */
const BEST = [/^f(ull)?$/i, /^hi(gh)?$/i];
const LOWER_THAN_HIGH = /^[lm]$/i;

/**
 * The layer to record if only one can be accepted; undefined if there are none. Offers do not say which layer has the
 * most pixels. Usually the name does. Otherwise it is the last one, by the default scaling of browsers (W3C WebRTC,
 * section 5.4.1).
 */
export function bestLayer(layers: readonly string[]): string | undefined {
  return namedBest(layers) ?? layers.at(-1);
}

/** Undefined if the names do not tell. */
function namedBest(layers: readonly string[]): string | undefined {
  for (const name of BEST) {
    const found = layers.find((layer) => name.test(layer));
    if (found !== undefined) return found;
  }
  const high = layers.find((layer) => /^h$/i.test(layer));
  return high !== undefined && layers.some((layer) => LOWER_THAN_HIGH.test(layer)) ? high : undefined;
}
