/**
 * The test pattern of a measured call: a band of cells that encodes the frame number, and a field that flashes once a
 * second together with a beep. Page, generator and decoder share these constants.
 */
export const WIDTH = 640;
export const HEIGHT = 360;
export const CELL_WIDTH = 28;
export const BAND_HEIGHT = 40;
export const COUNTER_BITS = 16;
export const CHECK_BITS = 4;
/** The band starts with a white and a black cell; the threshold for bits is halfway between them. */
export const CELLS = 2 + COUNTER_BITS + CHECK_BITS;
export const FLASH = { x: 160, y: 120, width: 320, height: 180 } as const;
export const FRAME_RATE = 30;
export const FLASH_PERIOD_SECONDS = 1;
export const FLASH_SECONDS = 0.1;
/** Frames whose counter is a multiple of this begin a flash. */
export const FLASH_EVERY_FRAMES = FRAME_RATE * FLASH_PERIOD_SECONDS;
export const FLASH_FRAMES = Math.round(FRAME_RATE * FLASH_SECONDS);
export const BEEP_HERTZ = 1_000;

/** Four check bits that change with any single bit of the counter. */
export function checkOf(counter: number): number {
  return (counter ^ (counter >> 4) ^ (counter >> 8) ^ (counter >> 12)) & 0xf;
}

/** The band's cells including the two reference cells, true for white. */
export function cellsOf(counter: number): boolean[] {
  const value = counter & 0xffff;
  const bit = (source: number, width: number) => (index: number) => ((source >> (width - 1 - index)) & 1) === 1;
  return [
    true,
    false,
    ...Array.from({ length: COUNTER_BITS }, (_, index) => bit(value, COUNTER_BITS)(index)),
    ...Array.from({ length: CHECK_BITS }, (_, index) => bit(checkOf(value), CHECK_BITS)(index)),
  ];
}

/** The content of one decoded frame. */
export interface SeenFrame {
  /** undefined if the band cannot be read. */
  counter: number | undefined;
  flash: boolean;
}

/**
 * Reads a frame.
 *
 * @param gray WIDTH x HEIGHT bytes of luma.
 */
export function readFrame(gray: Uint8Array): SeenFrame {
  const levels = Array.from({ length: CELLS }, (_, cell) => meanOf(gray, cellBox(cell)));
  const [white = 0, black = 0, ...bits] = levels;
  const threshold = (white + black) / 2;
  const value = (from: number, count: number) =>
    bits.slice(from, from + count).reduce((sum, level) => sum * 2 + (level > threshold ? 1 : 0), 0);
  const counter = value(0, COUNTER_BITS);
  const readable = white - black > 64 && value(COUNTER_BITS, CHECK_BITS) === checkOf(counter);
  return { counter: readable ? counter : undefined, flash: meanOf(gray, FLASH) > threshold };
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The centre of a cell, because codecs blur the edges. */
function cellBox(cell: number): Box {
  const margin = CELL_WIDTH / 4;
  return { x: cell * CELL_WIDTH + margin, y: BAND_HEIGHT / 4, width: CELL_WIDTH / 2, height: BAND_HEIGHT / 2 };
}

function meanOf(gray: Uint8Array, { x, y, width, height }: Box): number {
  let sum = 0;
  for (let row = y; row < y + height; row += 1) {
    for (let column = x; column < x + width; column += 1) sum += gray[row * WIDTH + column] ?? 0;
  }
  return sum / (width * height);
}

/** Draws a frame in luma, like the page on its canvas. */
export function drawFrame(counter: number, flash: boolean): Uint8Array {
  const gray = new Uint8Array(WIDTH * HEIGHT).fill(16);
  const fill = ({ x, y, width, height }: Box, level: number) => {
    for (let row = y; row < y + height; row += 1) gray.fill(level, row * WIDTH + x, row * WIDTH + x + width);
  };
  cellsOf(counter).forEach((white, cell) => {
    fill({ x: cell * CELL_WIDTH, y: 0, width: CELL_WIDTH, height: BAND_HEIGHT }, white ? 235 : 16);
  });
  if (flash) fill(FLASH, 235);
  return gray;
}
