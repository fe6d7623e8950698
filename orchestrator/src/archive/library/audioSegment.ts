import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AUDIO_INDEX } from "./paths.ts";

/** An audio segment of a call, as in the index and in the events. services/live writes it. */
export const AudioSegment = z
  .object({
    file: z.string(),
    /** The leg whose audio it is; null for the mix of all legs. */
    leg: z.string().nullable(),
    /** Number within this leg, from 1. */
    number: z.int(),
    /** Time of the first sample, on the gateway's clock. */
    start: z.iso.datetime(),
    seconds: z.number(),
    samples: z.int(),
    sampleRate: z.int(),
    /** Missing audio before this segment. */
    gapSeconds: z.number().optional(),
  })
  .meta({ id: "AudioSegment" });
export type AudioSegment = z.infer<typeof AudioSegment>;

/** The number of segments in the index; 0 if there is no index. */
export async function countSegments(folder: string): Promise<number> {
  const text = await readFile(join(folder, AUDIO_INDEX), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")).length;
}
