import { z } from "zod";
import { PushTarget } from "./pushTarget.ts";

export const LIVE_OUTPUTS = ["hls", "dash", "audio"] as const;
export type LiveOutput = (typeof LIVE_OUTPUTS)[number];

const pixels = (least: number, most: number) => z.int().min(least).max(most).multipleOf(4);
const distinct = <Item>(items: readonly Item[]) => new Set(items).size === items.length;

/** What the files of `audio` are like. */
const AudioForm = z.strictObject({
  /** Whoever transcribes wants to know who said it; of all legs' sounds a mix can be made, and not the other way round. */
  per: z.enum(["leg", "call"]).default("leg"),
  /** Ogg Opus, a tenth as large; or WAV, 16 bits a sample, which joins to the sample. One channel. */
  format: z.enum(["opus", "pcm"]).default("opus"),
  segmentSeconds: z.int().min(1).max(60).default(5),
  /** Of pcm, in Hz: recognisers want 16,000. Opus always says 48,000. */
  sampleRate: z.union([z.literal(16_000), z.literal(48_000)], "is neither 16000 nor 48000").default(16_000),
});

/** What the live stream of a call is like. */
export const LiveForm = z.strictObject({
  /**
   * HLS plays everywhere, Safari included; DASH is for players that want it. Audio is no stream: it is what is said, in
   * files of some seconds, for programs that make something of it.
   */
  outputs: z.array(z.enum(LIVE_OUTPUTS)).refine(distinct, "names an output twice").default([]),
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
  /** Streams at once: each takes about half a core. */
  concurrent: z.int().min(1).max(100).default(4),
  /** After the last leg has ended: somebody may come back. */
  graceSeconds: z.number().min(0).max(600).default(5),
  /** So long the end of a stream can still be watched. */
  lingerSeconds: z.number().min(0).max(3_600).default(60),
  /** Servers that streams are handed to, each by one call at a time. */
  push: z
    .array(PushTarget)
    .max(4)
    .refine((all) => distinct(all.map(({ name }) => name)), "names a server twice")
    .default([]),
  /** Whether `metadata.live` may choose: an output, a server's name, a list of them, or `false` for none. */
  callersChoose: z.boolean().default(false),
});
export type LiveConfiguration = z.infer<typeof LiveConfiguration>;

const Chosen = z.object({
  live: z.union([z.literal(false).transform(() => []), z.string().transform((one) => [one]), z.array(z.string())]),
});

/** What a live stream's job is about. */
export const LiveOrder = z.object({
  form: LiveForm,
  /** Names of servers; what else there is to know of them stands in the configuration only. */
  pushes: z.array(z.string()),
});
export type LiveOrder = z.infer<typeof LiveOrder>;

/**
 * What a call's stream is to be like, as configured and as its callers' metadata say. undefined: none is wanted.
 *
 * @param taken servers that another call is handed to.
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

/** Whether anything is encoded for it: sound in files takes next to nothing. */
export const showsPictures = ({ form, pushes }: LiveOrder): boolean =>
  pushes.length > 0 || form.outputs.some((output) => output !== "audio");

/** What is left of an order where there is no room for pictures. */
export function soundOf({ form }: LiveOrder): LiveOrder | undefined {
  return form.outputs.includes("audio") ? { form: { ...form, outputs: ["audio"] }, pushes: [] } : undefined;
}
