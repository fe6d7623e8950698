import type { Size, Tile } from "./tileGrid.ts";

/** Planar YUV 4:2:0, limited range, like ffmpeg's yuv420p. Width and height are even. */
export interface Picture extends Size {
  data: Buffer;
}

interface Plane {
  at: number;
  width: number;
  height: number;
}

const SHADES = { background: 26, empty: 41 } as const;
const NO_COLOR = 128;

export function background({ width, height }: Size): Picture {
  const data = Buffer.alloc((width * height * 3) / 2, NO_COLOR);
  data.fill(SHADES.background, 0, width * height);
  return { width, height, data };
}

/** Draws a picture into a tile. Scales it if the sizes differ. */
export function draw(canvas: Picture, picture: Picture, tile: Tile): void {
  const fitted = picture.width === tile.width && picture.height === tile.height ? picture : scaled(picture, tile);
  const from = planes(fitted);
  planes(canvas).forEach((to, index) => {
    const source = from[index];
    if (!source) return;
    const part = index === 0 ? 1 : 2;
    for (let row = 0; row < source.height; row += 1) {
      const start = source.at + row * source.width;
      fitted.data.copy(
        canvas.data,
        to.at + (tile.y / part + row) * to.width + tile.x / part,
        start,
        start + source.width,
      );
    }
  });
}

/** Draws the tile of a participant without a picture. */
export function drawEmpty(canvas: Picture, tile: Tile): void {
  planes(canvas).forEach((to, index) => {
    const part = index === 0 ? 1 : 2;
    for (let row = 0; row < tile.height / part; row += 1) {
      const start = to.at + (tile.y / part + row) * to.width + tile.x / part;
      canvas.data.fill(index === 0 ? SHADES.empty : NO_COLOR, start, start + tile.width / part);
    }
  });
}

/** Bilinear scaling. */
export function scaled(picture: Picture, { width, height }: Size): Picture {
  const to: Picture = { width, height, data: Buffer.allocUnsafe((width * height * 3) / 2) };
  const from = planes(picture);
  planes(to).forEach((plane, index) => {
    const source = from[index];
    if (source) scalePlane(picture.data, source, to.data, plane);
  });
  return to;
}

/** Weights are multiples of 1/256. */
function scalePlane(from: Buffer, source: Plane, to: Buffer, target: Plane): void {
  const columns = weights(source.width, target.width);
  const rows = weights(source.height, target.height);
  for (let y = 0; y < target.height; y += 1) {
    const upper = source.at + (rows.index[y] ?? 0) * source.width;
    const lower = source.at + (rows.next[y] ?? 0) * source.width;
    const down = rows.weight[y] ?? 0;
    const start = target.at + y * target.width;
    for (let x = 0; x < target.width; x += 1) {
      const left = columns.index[x] ?? 0;
      const right = columns.next[x] ?? 0;
      const along = columns.weight[x] ?? 0;
      const above = (from[upper + left] ?? 0) * (256 - along) + (from[upper + right] ?? 0) * along;
      const below = (from[lower + left] ?? 0) * (256 - along) + (from[lower + right] ?? 0) * along;
      to[start + x] = (above * (256 - down) + below * down + 32_768) >> 16;
    }
  }
}

function weights(from: number, to: number) {
  const index = new Int32Array(to);
  const next = new Int32Array(to);
  const weight = new Int32Array(to);
  for (let at = 0; at < to; at += 1) {
    const exact = Math.min(Math.max(((at + 0.5) * from) / to - 0.5, 0), from - 1);
    index[at] = Math.floor(exact);
    next[at] = Math.min(Math.floor(exact) + 1, from - 1);
    weight[at] = Math.round((exact - Math.floor(exact)) * 256);
  }
  return { index, next, weight };
}

function planes({ width, height }: Size): Plane[] {
  const half = { width: width / 2, height: height / 2 };
  const luma = width * height;
  return [
    { at: 0, width, height },
    { at: luma, ...half },
    { at: luma + luma / 4, ...half },
  ];
}
