import { z } from "zod";

/** What a recorder says of itself, in lines of JSON: see services/recorder/record. */
export type RecorderEvent = "bound" | "recorded";

const Line = z.object({ event: z.string() });

/** Whether this is one of the record script's lines; anything else that may be said there means nothing. */
export function isEvent(event: RecorderEvent, line: string): boolean {
  try {
    return Line.parse(JSON.parse(line)).event === event;
  } catch {
    return false;
  }
}

/** What was said after an event; undefined when it did not come. */
export function outputAfter(event: RecorderEvent, text: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => isEvent(event, line));
  return at < 0 ? undefined : lines.slice(at + 1).join("\n");
}
