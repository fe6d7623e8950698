import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Stored in the segments' folder. */
const NAME = "index.jsonl";

/** One segment in the index: one line of JSON. */
export const Segment = z.object({
  file: z.string(),
  /** Leg id, or null for the mix of all legs. */
  leg: z.string().nullable(),
  /** Sequence number within the leg, from 1. */
  number: z.int(),
  /** Time of the first sample on the gateway's clock. */
  start: z.iso.datetime(),
  seconds: z.number(),
  samples: z.int(),
  sampleRate: z.int(),
  /** Length of the audio that is missing before this segment. */
  gapSeconds: z.number().optional(),
});
export type Segment = z.infer<typeof Segment>;

/** Append-only list of complete segments, in order of completion. */
export class SegmentIndex {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, NAME);
  }

  /** The last segment of each leg. */
  async latest(): Promise<Map<string | null, Segment>> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    const segments = text.split("\n").flatMap((line) => parsed(line) ?? []);
    return new Map(segments.map((segment) => [segment.leg, segment]));
  }

  /** Resolves when the entry is synced to disk. @throws the file system's error. */
  async add(segment: Segment): Promise<void> {
    const file = await open(this.#path, "a+");
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      // A power failure may have left an incomplete line.
      const isComplete = size === 0 || last.toString() === "\n";
      await file.appendFile(`${isComplete ? "" : "\n"}${JSON.stringify(segment)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

function parsed(line: string): Segment | undefined {
  try {
    return Segment.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
