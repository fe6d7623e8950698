import { z } from "zod";

/** One message in `chat.jsonl`. */
export const ChatLine = z.object({
  /** Arrival time: ISO 8601, UTC. */
  at: z.iso.datetime(),
  peerId: z.string(),
  /** From the metadata of the peer's data connection or leg. */
  name: z.string().optional(),
  text: z.string().optional(),
  json: z.unknown().optional(),
  base64: z.string().optional(),
});
export type ChatLine = z.infer<typeof ChatLine>;

/** @returns the complete lines; a power failure may have truncated one. */
export function readLines(text: string): ChatLine[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [ChatLine.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
