import { z } from "zod";

/** The parts of Janus and VideoRoom messages that are used here. Other fields are ignored. */

export const Envelope = z.object({
  janus: z.string(),
  transaction: z.string().optional(),
  /** The plugin handle that the message belongs to. */
  sender: z.int().optional(),
  data: z.object({ id: z.int() }).optional(),
  plugindata: z.object({ data: z.unknown() }).optional(),
  error: z.object({ code: z.int(), reason: z.string() }).optional(),
});
export type Envelope = z.infer<typeof Envelope>;

export const PluginError = z.object({ error_code: z.int(), error: z.string() });

const Stream = z.object({
  type: z.string(),
  codec: z.string().optional(),
  /** Not sent, or no longer sent. */
  disabled: z.boolean().optional(),
  simulcast: z.boolean().optional(),
  h264_profile: z.string().optional(),
});

export const Publisher = z.object({
  id: z.int(),
  display: z.string().optional(),
  streams: z.array(Stream).default([]),
});
export type Publisher = z.infer<typeof Publisher>;

/** Invalid entries, such as an id of more than 53 bits, are skipped; the others are still used. */
const publishers = z
  .array(Publisher.nullable().catch(null))
  .transform((all) => all.filter((one) => one !== null))
  .default([]);

/** A publisher's id; "ok" stands for the recorder itself. */
const publisherId = z.union([z.int(), z.string().transform(() => undefined)]).optional();

export const RoomEvent = z.object({
  videoroom: z.string(),
  publishers,
  unpublished: publisherId,
  leaving: publisherId,
  kicked: publisherId,
});
export type RoomEvent = z.infer<typeof RoomEvent>;

export const Joined = z.object({ videoroom: z.literal("joined"), publishers });

export const Forwarded = z.object({
  rtp_stream: z.object({ audio_stream_id: z.int().optional(), video_stream_id: z.int().optional() }),
});

export const Forwarders = z.object({
  publishers: z.array(
    z.object({
      publisher_id: z.int(),
      forwarders: z.array(z.object({ stream_id: z.int(), ssrc: z.int().optional() })),
    }),
  ),
});
