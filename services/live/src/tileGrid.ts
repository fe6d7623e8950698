export interface Size {
  width: number;
  height: number;
}

export interface Tile extends Size {
  x: number;
  y: number;
}

/** Participants beyond this limit are heard but not shown. */
const TILES_LIMIT = 9;

const even = (pixels: number): number => Math.floor(pixels / 2) * 2;

/** Size to which pictures are decoded: that of one of two tiles side by side. */
export const decodedSize = ({ width, height }: Size): Size => ({ width: even(width / 2), height: even(height / 2) });

/**
 * Computes the tiles: one fills the canvas, two are side by side, more are in rows. All tiles have the canvas' aspect
 * ratio. An incomplete last row is centred.
 */
export function tileGrid(count: number, canvas: Size): Tile[] {
  const shown = Math.min(count, TILES_LIMIT);
  const columns = Math.ceil(Math.sqrt(shown));
  const rows = Math.ceil(shown / columns);
  const width = even(canvas.width / columns);
  const height = even(canvas.height / columns);
  const top = even((canvas.height - rows * height) / 2);
  return Array.from({ length: shown }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, shown - row * columns);
    const left = even((canvas.width - inRow * width) / 2);
    return { x: left + (index % columns) * width, y: top + row * height, width, height };
  });
}
