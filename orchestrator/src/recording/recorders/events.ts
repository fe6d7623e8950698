import { z } from "zod";

/** Events that a recorder prints, one JSON object per line: see services/recorder/record. */
export type RecorderEvent = "bound" | "recorded";

const Line = z.object({ event: z.string() });

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
