import { z } from "zod";
import { PushTarget } from "./pushTarget.ts";

export const LIVE_OUTPUTS = ["hls", "dash", "audio"] as const;
export type LiveOutput = (typeof LIVE_OUTPUTS)[number];

const pixels = (least: number, most: number) => z.int().min(least).max(most).multipleOf(4);
const distinct = <Item>(items: readonly Item[]) => new Set(items).size === items.length;

/** Settings of the output `audio`. */
const AudioForm = z.strictObject({
  /** `leg` suits transcription, because the speaker is known. Files of legs can be mixed later, but a mix cannot be split. */
  per: z.enum(["leg", "call"]).default("leg"),
  /** Ogg Opus (a tenth of the size), or WAV with 16-bit samples, which can be joined without gaps. One channel. */
  format: z.enum(["opus", "pcm"]).default("opus"),
  segmentSeconds: z.int().min(1).max(60).default(5),
  /** For pcm, in Hz: speech recognition uses 16,000. Opus always reports 48,000. */
  sampleRate: z.union([z.literal(16_000), z.literal(48_000)], "is neither 16000 nor 48000").default(16_000),
});

/** Settings of a call's live stream. */
export const LiveForm = z.strictObject({
  /**
   * HLS plays everywhere, including Safari; DASH is for players that need it. `audio` is not a stream: it writes the
   * call's audio in files of some seconds, for programs that process it.
   */
  outputs: z.array(z.enum(LIVE_OUTPUTS)).refine(distinct, "contains an output twice").default([]),
  width: pixels(160, 1920).default(1280),
  height: pixels(92, 1080).default(720),
  frameRate: z.int().min(5).max(30).default(25),
  videoKbps: z.int().min(100).max(20_000).default(1_500),
  audioKbps: z.int().min(32).max(320).default(128),
  audio: AudioForm.prefault({}),
});
export type LiveForm = z.infer<typeof LiveForm>;

/** `live` in the configuration file. */
export const LiveConfiguration = LiveForm.extend({
  /** Maximum number of concurrent streams; each uses about half a CPU core. */
  concurrent: z.int().min(1).max(100).default(4),
  /** Wait after the end of the last leg, because a participant may return. */
  graceSeconds: z.number().min(0).max(600).default(5),
  /** How long a stream can still be watched after its end. */
  lingerSeconds: z.number().min(0).max(3_600).default(60),
  /** Servers that streams are pushed to. Each gets one call at a time. */
  push: z
    .array(PushTarget)
    .max(4)
    .refine((all) => distinct(all.map(({ name }) => name)), "contains a server twice")
    .default([]),
  /** Whether `metadata.live` may choose: an output, a server's name, a list of them, or `false` for none. */
  callersChoose: z.boolean().default(false),
});
export type LiveConfiguration = z.infer<typeof LiveConfiguration>;

const Chosen = z.object({
  live: z.union([z.literal(false).transform(() => []), z.string().transform((one) => [one]), z.array(z.string())]),
});

/** The order of a live stream's job. */
export const LiveOrder = z.object({
  form: LiveForm,
  /** Names of servers; their other settings are only in the configuration. */
  pushes: z.array(z.string()),
});
export type LiveOrder = z.infer<typeof LiveOrder>;

/**
 * A call's stream settings from the configuration and the callers' metadata; undefined if no stream is wanted.
 *
 * @param taken servers that another call is pushed to.
 */
export function liveOrderOf(
  configuration: LiveConfiguration,
  metadata: readonly unknown[],
  taken: readonly string[] = [],
): LiveOrder | undefined {
  const { concurrent: _, graceSeconds: __, lingerSeconds: ___, callersChoose, push, ...form } = configuration;
  const chosen = callersChoose
    ? metadata.map((one) => Chosen.safeParse(one).data?.live).find((one) => one !== undefined)
    : undefined;
  const isWanted = (name: string) => chosen === undefined || chosen.includes(name);
  const outputs = form.outputs.filter(isWanted);
  const pushes = push.map(({ name }) => name).filter((name) => isWanted(name) && !taken.includes(name));
  return outputs.length + pushes.length > 0 ? { form: { ...form, outputs }, pushes } : undefined;
}

/** Whether video has to be encoded; the output `audio` needs almost no CPU. */
export const showsPictures = ({ form, pushes }: LiveOrder): boolean =>
  pushes.length > 0 || form.outputs.some((output) => output !== "audio");

/** The audio-only part of an order, used when the limit of streams is reached. */
export function soundOf({ form }: LiveOrder): LiveOrder | undefined {
  return form.outputs.includes("audio") ? { form: { ...form, outputs: ["audio"] }, pushes: [] } : undefined;
}
