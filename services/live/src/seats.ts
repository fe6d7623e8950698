export interface Size {
  width: number;
  height: number;
}

export interface Seat extends Size {
  x: number;
  y: number;
}

/** More have no seat; they are heard all the same. */
const SEATS_LIMIT = 9;

const even = (pixels: number): number => Math.floor(pixels / 2) * 2;

/** What a picture is decoded to: the size of a seat beside another. */
export const decodedSize = ({ width, height }: Size): Size => ({ width: even(width / 2), height: even(height / 2) });

/**
 * Where everybody sits: alone all over, two side by side, more in rows. All seats are as wide for their height as the
 * whole is, and a last row that is not full stands in the middle.
 */
export function seats(count: number, whole: Size): Seat[] {
  const shown = Math.min(count, SEATS_LIMIT);
  const columns = Math.ceil(Math.sqrt(shown));
  const rows = Math.ceil(shown / columns);
  const width = even(whole.width / columns);
  const height = even(whole.height / columns);
  const top = even((whole.height - rows * height) / 2);
  return Array.from({ length: shown }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, shown - row * columns);
    const left = even((whole.width - inRow * width) / 2);
    return { x: left + (index % columns) * width, y: top + row * height, width, height };
  });
}
