import { z } from "zod";

/** What a decoder could read at one end of a track, see services/recorder/decodable. */
export const DecodedEnd = z.object({
  kind: z.enum(["audio", "video"]),
  from: z.enum(["start", "end"]),
  /** Frames that were decoded. */
  frames: z.int(),
  /** Packets that the decoder refused. */
  errors: z.int(),
  /** Decoded frames that are incomplete. */
  corrupt: z.int(),
  /** The highest sample in dB, 0 for full scale; null for pictures, and if nothing was decoded. */
  peak: z.number().nullable(),
});
export type DecodedEnd = z.infer<typeof DecodedEnd>;

/** How often the first bits of Opus packets change, see services/recorder/decodable. */
export const OpusBits = z.object({
  packets: z.int(),
  /** The share of packets in which each of the bits differs from the packet before. */
  changes: z.array(z.number()).length(3),
});
export type OpusBits = z.infer<typeof OpusBits>;
