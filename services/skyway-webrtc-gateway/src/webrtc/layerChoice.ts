/** Names that pages give to the best of several simulcast layers, where names tell. */
const BEST = [/^f(ull)?$/i, /^hi(gh)?$/i];
const LOWER_THAN_HIGH = /^[lm]$/i;

/**
 * The layer to record; undefined if there are none. Offers do not say which one has the most pixels. Names do, mostly;
 * otherwise it is the last, as in the order that browsers scale them by default (W3C WebRTC, section 5.4.1).
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
