import { z } from "zod";

export const FILM_FORMATS = ["webm", "mp4", "opus", "m4a", "mp3", "wav"] as const;
export type FilmFormat = (typeof FILM_FORMATS)[number];

const [LEAST_WIDTH, LEAST_HEIGHT] = [160, 90];
const even = (least: number, most: number) => z.int().min(least).max(most).multipleOf(2);

/** Settings that callers may choose if the configuration allows it. */
const choices = {
  /** The last four are audio only. */
  format: z.enum(FILM_FORMATS).default("webm"),
  /** auto: side by side for two, a grid for more. */
  layout: z.enum(["auto", "grid", "row", "column"]).default("auto"),
  /** mixed: everybody in the centre. split: participants alternate between left and right. */
  audio: z.enum(["mixed", "split"]).default("mixed"),
};

/** Choices that the configuration can allow. `size` is the tile size; `none` means no film. */
const CHOICES = ["format", "layout", "audio", "size", "none"] as const;
type Choice = (typeof CHOICES)[number];

export const FilmForm = z.strictObject({
  ...choices,
  /** For WebM. */
  videoCodec: z.enum(["vp8", "vp9"]).default("vp8"),
  tileWidth: even(LEAST_WIDTH, 1280).default(640),
  tileHeight: even(LEAST_HEIGHT, 720).default(360),
  frameRate: z.int().min(5).max(60).default(30),
  /** Whether to show names from the callers' metadata under the pictures. */
  names: z.boolean().default(true),
});
export type FilmForm = z.infer<typeof FilmForm>;

/** `film` in the configuration file. */
export const FilmConfiguration = FilmForm.extend({
  enabled: z.boolean().default(false),
  /** A call with fewer recordings gets no film. */
  minimumLegs: z.int().min(1).max(9).default(2),
  /** Wait after the end of the last leg, because a participant may return. */
  graceSeconds: z.number().min(0).max(600).default(5),
  /** Whether `metadata.film` may choose all settings (true) or the listed ones. */
  callersChoose: z.union([z.boolean(), z.array(z.enum(CHOICES))]).default(false),
});
export type FilmConfiguration = z.infer<typeof FilmConfiguration>;

const Chosen = z.object({
  film: z.union([
    z.literal(false),
    z.object({
      format: choices.format.unwrap().optional(),
      layout: choices.layout.unwrap().optional(),
      audio: choices.audio.unwrap().optional(),
      tileWidth: z.number().optional(),
      tileHeight: z.number().optional(),
    }),
  ]),
});
type Chosen = z.infer<typeof Chosen>["film"];

/** A call's film settings from the configuration and the callers' metadata; undefined if no film is wanted. */
export function filmFormOf(configuration: FilmConfiguration, metadata: readonly unknown[]): FilmForm | undefined {
  const { enabled, minimumLegs: _, graceSeconds: __, callersChoose, ...form } = configuration;
  if (!enabled) return undefined;
  const may = (choice: Choice) => (typeof callersChoose === "boolean" ? callersChoose : callersChoose.includes(choice));
  for (const one of metadata) {
    const chosen = Chosen.safeParse(one).data?.film;
    if (chosen === undefined) continue;
    if (chosen === false) return may("none") ? undefined : form;
    return withChoice(form, chosen, may);
  }
  return form;
}

/** Tiles cannot be larger than configured, because encoding would take more time than the operator planned. */
function withChoice(form: FilmForm, chosen: Exclude<Chosen, false>, may: (choice: Choice) => boolean): FilmForm {
  const { format = form.format, layout = form.layout, audio = form.audio } = chosen;
  const { tileWidth = form.tileWidth, tileHeight = form.tileHeight } = chosen;
  return {
    ...form,
    ...(may("format") && { format }),
    ...(may("layout") && { layout }),
    ...(may("audio") && { audio }),
    ...(may("size") && {
      tileWidth: evenBetween(LEAST_WIDTH, tileWidth, form.tileWidth),
      tileHeight: evenBetween(LEAST_HEIGHT, tileHeight, form.tileHeight),
    }),
  };
}

const evenBetween = (least: number, pixels: number, most: number): number =>
  Math.floor(Math.min(most, Math.max(least, pixels)) / 2) * 2;

export const hasPicture = (format: FilmFormat): boolean => format === "webm" || format === "mp4";
