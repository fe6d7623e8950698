import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Lies beside the segments. */
const NAME = "index.jsonl";

/** What the index says of a segment, in a line of JSON. */
export const Segment = z.object({
  file: z.string(),
  /** Whose sound it is; null where it is everybody's. */
  leg: z.string().nullable(),
  /** Of this leg, from 1. */
  number: z.int(),
  /** When its first sample was sounded, on the gateway's clock. */
  start: z.iso.datetime(),
  seconds: z.number(),
  samples: z.int(),
  sampleRate: z.int(),
  /** What is missing before it. */
  gapSeconds: z.number().optional(),
});
export type Segment = z.infer<typeof Segment>;

/** The list of all segments that are complete, in the order in which they were. It only ever grows. */
export class SegmentIndex {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, NAME);
  }

  /** The last of each leg. */
  async latest(): Promise<Map<string | null, Segment>> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    const segments = text.split("\n").flatMap((line) => parsed(line) ?? []);
    return new Map(segments.map((segment) => [segment.leg, segment]));
  }

  /** It is on the disk when the promise resolves. @throws the file system's error. */
  async add(segment: Segment): Promise<void> {
    const file = await open(this.#path, "a+");
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      // A power cut may have left half a line.
      const isWhole = size === 0 || last.toString() === "\n";
      await file.appendFile(`${isWhole ? "" : "\n"}${JSON.stringify(segment)}\n`);
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
