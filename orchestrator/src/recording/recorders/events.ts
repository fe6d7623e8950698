import { z } from "zod";
import type { Kind } from "../../archive/library/manifest.ts";

/** Events that a recorder prints, one JSON object per line: see services/recorder/record. */
export type RecorderEvent = "bound" | "recorded";

const Line = z.object({ event: z.string() });

/** How the program that recorded a track ended. */
export interface EndedTrack {
  kind: Kind;
  /** 0 if all that it received is in its file. */
  code: number;
  /** Its file has no media: nothing came, or nothing that ffmpeg could read. ffmpeg calls both an error. */
  isEmpty?: boolean;
}

const Ended = z.object({
  event: z.literal("ended"),
  kind: z.enum(["audio", "video"]),
  code: z.int(),
  media: z.boolean().default(true),
});

/** An event in a line of a script's output; undefined for all other output. */
export function readEvent<Schema extends z.ZodType>(schema: Schema, line: string): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

export function isEvent(event: RecorderEvent, line: string): boolean {
  return readEvent(Line, line)?.event === event;
}

/** The output after an event; undefined if the event is missing. */
export function outputAfter(event: RecorderEvent, text: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => isEvent(event, line));
  return at < 0 ? undefined : lines.slice(at + 1).join("\n");
}

/** The tracks that a recorder says have ended. */
export function endedTracks(text: string): EndedTrack[] {
  return text.split("\n").flatMap((line) => {
    const ended = readEvent(Ended, line);
    return ended ? [{ kind: ended.kind, code: ended.code, ...(!ended.media && { isEmpty: true }) }] : [];
  });
}
