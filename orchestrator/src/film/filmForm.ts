import { z } from "zod";

export const FILM_FORMATS = ["webm", "mp4", "opus", "m4a", "mp3", "wav"] as const;
export type FilmFormat = (typeof FILM_FORMATS)[number];

const even = (least: number, most: number) => z.int().min(least).max(most).multipleOf(2);

/** What a film is like; callers may choose of it where the configuration lets them. */
const choices = {
  /** The last four are sound alone. */
  format: z.enum(FILM_FORMATS).default("webm"),
  /** auto: side by side for two, a grid for more. */
  layout: z.enum(["auto", "grid", "row", "column"]).default("auto"),
  /** mixed: everybody in the middle. split: one party left, the next one right. */
  audio: z.enum(["mixed", "split"]).default("mixed"),
};

export const FilmForm = z.strictObject({
  ...choices,
  /** Of WebM. */
  videoCodec: z.enum(["vp8", "vp9"]).default("vp8"),
  tileWidth: even(160, 1280).default(640),
  tileHeight: even(90, 720).default(360),
  frameRate: z.int().min(5).max(60).default(30),
  /** Whether names are written under the pictures, where the callers' metadata has one. */
  names: z.boolean().default(true),
});
export type FilmForm = z.infer<typeof FilmForm>;

/** `film` in the configuration file. */
export const FilmConfiguration = FilmForm.extend({
  enabled: z.boolean().default(false),
  /** A call with fewer recordings gets no film. */
  minimumLegs: z.int().min(1).max(9).default(2),
  /** After the last leg has ended: somebody may come back. */
  graceSeconds: z.number().min(0).max(600).default(5),
  /** Whether `metadata.film` may choose format, layout and audio, or `false` for no film. */
  callersChoose: z.boolean().default(false),
});
export type FilmConfiguration = z.infer<typeof FilmConfiguration>;

const Chosen = z.object({
  film: z.union([
    z.literal(false),
    z.object({
      format: choices.format.unwrap().optional(),
      layout: choices.layout.unwrap().optional(),
      audio: choices.audio.unwrap().optional(),
    }),
  ]),
});

/** What a call's film is to be like, as configured and as its callers' metadata say. undefined: none is wanted. */
export function filmFormOf(configuration: FilmConfiguration, metadata: readonly unknown[]): FilmForm | undefined {
  const { enabled, minimumLegs: _, graceSeconds: __, callersChoose, ...form } = configuration;
  if (!enabled) return undefined;
  if (!callersChoose) return form;
  for (const one of metadata) {
    const { success, data } = Chosen.safeParse(one);
    if (!success) continue;
    if (data.film === false) return undefined;
    return { ...form, ...Object.fromEntries(Object.entries(data.film).filter(([, value]) => value !== undefined)) };
  }
  return form;
}

export const hasPicture = (format: FilmFormat): boolean => format === "webm" || format === "mp4";
