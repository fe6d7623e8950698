/** Names that pages give to the best simulcast layer. */
const BEST = [/^f(ull)?$/i, /^hi(gh)?$/i];
const LOWER_THAN_HIGH = /^[lm]$/i;

/**
 * The layer to record; undefined if there are none. Offers do not say which layer has the most pixels. Usually the name
 * does. Otherwise it is the last one, by the default scaling of browsers (W3C WebRTC, section 5.4.1).
 */
export function bestLayer(layers: readonly string[]): string | undefined {
  for (const name of BEST) {
    const found = layers.find((layer) => name.test(layer));
    if (found !== undefined) return found;
  }
  const high = layers.find((layer) => /^h$/i.test(layer));
  if (high !== undefined && layers.some((layer) => LOWER_THAN_HIGH.test(layer))) return high;
  return layers.at(-1);
}
