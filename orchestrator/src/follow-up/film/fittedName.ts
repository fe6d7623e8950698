/** Letter widths relative to the font size in DejaVu Sans, rounded up. */
const CAPITAL = 0.8;
const USUAL = 0.63;
const NARROW = 0.42;
const BROAD = 1;
/** Chinese, Japanese and Korean letters, and emoji. */
const BROAD_LETTER = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u;
const NARROW_LETTER = /^[ijlIt1.,:;'|!()[\]{} -]$/;
const CAPITAL_LETTER = /^[\p{Lu}mw@%]/u;
const MORE = "…";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Shortens a name to the width of its picture, so that it does not overlap the next one.
 *
 * @param fontSize in pixels, like the width.
 */
export function fittedName(name: string, width: number, fontSize: number): string {
  const letters = [...graphemes.segment(name)].map(({ segment }) => segment);
  const room = width / fontSize;
  if (widthOf(letters) <= room) return name;
  let kept = letters.length;
  while (kept > 0 && widthOf(letters.slice(0, kept)) + BROAD > room) kept -= 1;
  return `${letters.slice(0, kept).join("").trimEnd()}${MORE}`;
}

function widthOf(letters: readonly string[]): number {
  return letters.reduce((sum, letter) => sum + shareOf(letter), 0);
}

function shareOf(letter: string): number {
  if (BROAD_LETTER.test(letter)) return BROAD;
  if (NARROW_LETTER.test(letter)) return NARROW;
  return CAPITAL_LETTER.test(letter) ? CAPITAL : USUAL;
}
