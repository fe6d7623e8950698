import { z } from "zod";

/** What Janus and its VideoRoom say, as far as it is read here. Fields beyond these are ignored. */

export const Envelope = z.object({
  janus: z.string(),
  transaction: z.string().optional(),
  /** The handle that a message is for. */
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
  /** Not sent any more, or not yet. */
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

/** One that cannot be read, such as an id of more than 53 bits, takes none of the others with it. */
const publishers = z
  .array(Publisher.nullable().catch(null))
  .transform((all) => all.filter((one) => one !== null))
  .default([]);

/** A publisher's id, or "ok" where it is ourselves. */
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
