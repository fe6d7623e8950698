import type { FilmForm } from "./filmForm.ts";

/** Position and size of a participant in the picture, in pixels. */
export interface Tile {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  tiles: Tile[];
  /** Height of the strip under each picture; 0 without names. */
  nameHeight: number;
}

/** Participants beyond this number have no tile, but are heard. */
export const TILES_LIMIT = 9;
/** Maximum size of a film. */
const WIDEST = 1920;
const HIGHEST = 1080;
/** Height of the name strip as a share of the tile's height. */
const NAME_SHARE = 1 / 11;

const even = (pixels: number): number => Math.max(2, Math.floor(pixels / 2) * 2);

/** Places tiles of equal size, scaled down if the picture would become too large. */
export function layOut(
  count: number,
  hasNames: boolean,
  form: Pick<FilmForm, "layout" | "tileWidth" | "tileHeight">,
): Layout {
  const shown = Math.min(Math.max(count, 1), TILES_LIMIT);
  const columns = columnsOf(shown, form.layout);
  const rows = Math.ceil(shown / columns);
  const scale = Math.min(1, WIDEST / (columns * form.tileWidth), HIGHEST / (rows * form.tileHeight * (1 + NAME_SHARE)));
  const width = even(form.tileWidth * scale);
  const height = even(form.tileHeight * scale);
  const nameHeight = hasNames ? even(height * NAME_SHARE) : 0;
  const tiles = Array.from({ length: shown }, (_, index) => {
    const row = Math.floor(index / columns);
    // A last row that is not full is centred.
    const missing = row === rows - 1 ? rows * columns - shown : 0;
    const x = (index % columns) * width + even((missing * width) / 2) * Math.sign(missing);
    return { x, y: row * (height + nameHeight), width, height };
  });
  return { width: columns * width, height: rows * (height + nameHeight), tiles, nameHeight };
}

function columnsOf(count: number, layout: FilmForm["layout"]): number {
  if (layout === "row") return count;
  if (layout === "column") return 1;
  return Math.ceil(Math.sqrt(count));
}
