/** A region of an image, and the second of the recording that it shows. */
export interface Thumbnail {
  from: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /^(\d+):(\d\d):(\d\d\.\d{3}) --> .*\n.*#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Parses a WebVTT track whose cues are regions of one image. */
export function readThumbnails(track: string): Thumbnail[] {
  return [...track.matchAll(CUE)].map(([, ...words]) => {
    const [hours = 0, minutes = 0, seconds = 0, x = 0, y = 0, width = 0, height = 0] = words.map(Number);
    return { from: hours * 3600 + minutes * 60 + seconds, x, y, width, height };
  });
}

/** At most `most` thumbnails, evenly spaced, starting with the first. */
export function evenlySpaced(all: readonly Thumbnail[], most: number): Thumbnail[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]).filter(
    (one) => one !== undefined,
  );
}
