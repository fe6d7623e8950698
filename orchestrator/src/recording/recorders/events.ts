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

/** Whether a line is this event; all other output is ignored. */
export function isEvent(event: RecorderEvent, line: string): boolean {
  try {
    return Line.parse(JSON.parse(line)).event === event;
  } catch {
    return false;
  }
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
    try {
      const { kind, code, media } = Ended.parse(JSON.parse(line));
      return [{ kind, code, ...(!media && { isEmpty: true }) }];
    } catch {
      return [];
    }
  });
}
