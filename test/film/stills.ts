import { output, text } from "../fidelity/process.ts";

/** One picture of a film, in RGB. */
export interface Still {
  width: number;
  height: number;
  at(x: number, y: number): [red: number, green: number, blue: number];
}

export async function stillOf(path: string, seconds: number): Promise<Still> {
  const entries = ["-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"];
  const [width = 0, height = 0] = (await text("ffprobe", ["-v", "error", ...entries, path])).split(",").map(Number);
  const args = ["-v", "error", "-ss", `${seconds}`, "-i", path, "-frames:v", "1", "-pix_fmt", "rgb24"];
  const chunks: Buffer[] = [];
  for await (const chunk of output("ffmpeg", [...args, "-f", "rawvideo", "-"])) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const at = (x: number, y: number) => [0, 1, 2].map((part) => bytes[(y * width + x) * 3 + part] ?? 0);
  return { width, height, at: (x, y) => at(x, y) as [number, number, number] };
}

const BRIGHT = 150;

/** The columns of a strip that contain bright pixels, which are letters. */
export function lettersIn({ at }: Still, strip: { x: number; y: number; width: number; height: number }): number[] {
  return Array.from({ length: strip.width }, (_, column) => strip.x + column).filter((x) =>
    Array.from({ length: strip.height }, (_, row) => at(x, strip.y + row)).some(([red]) => red > BRIGHT),
  );
}

/** A strip's bright pixels, as their offsets. */
export function drawingIn({ at }: Still, strip: { x: number; y: number; width: number; height: number }): Set<number> {
  const pixels = Array.from({ length: strip.width * strip.height }, (_, offset) => offset);
  const isBright = (offset: number) =>
    at(strip.x + (offset % strip.width), strip.y + Math.floor(offset / strip.width))[0] > BRIGHT;
  return new Set(pixels.filter(isBright));
}

/** How much two drawings differ: 0 for equal ones, 1 for those without a common pixel. */
export function differenceOf(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  const common = [...one].filter((pixel) => other.has(pixel)).length;
  const all = one.size + other.size - common;
  return (all - common) / Math.max(1, all);
}

/** The peak of a file's sound; full scale is 1. */
export function peakOf(samples: Float32Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
