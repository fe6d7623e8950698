import { z } from "zod";

/** One message, as it stands in `chat.jsonl`. */
export const ChatLine = z.object({
  /** When it came: ISO 8601, UTC. */
  at: z.iso.datetime(),
  peerId: z.string(),
  /** As the metadata of the peer's leg, or of its data connection, has it. */
  name: z.string().optional(),
  text: z.string().optional(),
  json: z.unknown().optional(),
  base64: z.string().optional(),
});
export type ChatLine = z.infer<typeof ChatLine>;

/** @returns the lines that are whole: the last one may have been cut off by a power cut. */
export function readLines(text: string): ChatLine[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [ChatLine.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
