/** Size of one thumbnail in pixels, the same as in services/transcoder/preview. */
const WIDTH = 160;
const HEIGHT = 90;
const COLUMNS = 10;
const MOST = 100;
const LEAST_INTERVAL_SECONDS = 1;
/** From this interval on, keyframes are precise enough: there is one every eight seconds. */
const KEYFRAME_INTERVAL_SECONDS = 10;

/** The layout of a file's thumbnails in one image, and their interval. */
export interface ThumbnailSheet {
  intervalSeconds: number;
  count: number;
  columns: number;
  rows: number;
  ofKeyframes: boolean;
}

export function thumbnailSheet(durationSeconds: number): ThumbnailSheet {
  const intervalSeconds = Math.max(LEAST_INTERVAL_SECONDS, Math.ceil(durationSeconds / MOST));
  const count = Math.max(1, Math.ceil(durationSeconds / intervalSeconds));
  const columns = Math.min(COLUMNS, count);
  const ofKeyframes = intervalSeconds >= KEYFRAME_INTERVAL_SECONDS;
  return { intervalSeconds, count, columns, rows: Math.ceil(count / columns), ofKeyframes };
}

/**
 * Maps times to parts of the image for players: WebVTT whose cues are media fragments (`#xywh`).
 *
 * @param image the image's file name, in the same folder.
 */
export function thumbnailTrack(sheet: ThumbnailSheet, durationSeconds: number, image: string): string {
  const cues = Array.from({ length: sheet.count }, (_, index) => {
    const from = index * sheet.intervalSeconds;
    const to = Math.min(from + sheet.intervalSeconds, Math.max(durationSeconds, from + 0.001));
    const [x, y] = [(index % sheet.columns) * WIDTH, Math.floor(index / sheet.columns) * HEIGHT];
    return `${clock(from)} --> ${clock(to)}\n${image}#xywh=${x},${y},${WIDTH},${HEIGHT}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** hh:mm:ss.mmm */
function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}
