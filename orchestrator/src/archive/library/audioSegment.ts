import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AUDIO_INDEX } from "./paths.ts";

/** A file of what was said in a call, as the index beside it and the events have it: services/live writes it. */
export const AudioSegment = z
  .object({
    file: z.string(),
    /** Whose sound it is; null where it is everybody's. */
    leg: z.string().nullable(),
    /** Of this leg, from 1. */
    number: z.int(),
    /** Of its first sample, on the gateway's clock. */
    start: z.iso.datetime(),
    seconds: z.number(),
    samples: z.int(),
    sampleRate: z.int(),
    /** What is missing before it. */
    gapSeconds: z.number().optional(),
  })
  .meta({ id: "AudioSegment" });
export type AudioSegment = z.infer<typeof AudioSegment>;

/** How many files an index lists; 0 where there is none. */
export async function countSegments(folder: string): Promise<number> {
  const text = await readFile(join(folder, AUDIO_INDEX), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")).length;
}
