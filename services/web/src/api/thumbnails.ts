/** A part of an image, and the second from which it is what a recording shows. */
export interface Thumbnail {
  from: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /^(\d+):(\d\d):(\d\d\.\d{3}) --> .*\n.*#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Reads a WebVTT whose cues are parts of one image. */
export function readThumbnails(track: string): Thumbnail[] {
  return [...track.matchAll(CUE)].map(([, ...words]) => {
    const [hours = 0, minutes = 0, seconds = 0, x = 0, y = 0, width = 0, height = 0] = words.map(Number);
    return { from: hours * 3600 + minutes * 60 + seconds, x, y, width, height };
  });
}

/** So many of them, from the first to the last, evenly. */
export function chosen(all: readonly Thumbnail[], most: number): Thumbnail[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]).filter(
    (one) => one !== undefined,
  );
}
