import { z } from "zod";

/** The parts of the gateway's answers that are used here (api-0.4.3.yaml). Other fields are ignored. */

export const PeerCreated = z.object({ params: z.object({ peer_id: z.string(), token: z.string() }) });

export const PeerEventBody = z.object({
  event: z.string(),
  call_params: z.object({ media_connection_id: z.string() }).optional(),
  data_params: z.object({ data_connection_id: z.string() }).optional(),
  error_message: z.string().optional(),
});

export const CallStarted = z.object({ params: z.object({ media_connection_id: z.string() }) });

export const ConnectionEventBody = z.object({ event: z.string(), error_message: z.string().optional() });

export const PeerStatusBody = z.object({ disconnected: z.boolean() });

export const ConnectionStatusBody = z.object({ remote_id: z.string(), metadata: z.unknown() });

export const DataStatusBody = ConnectionStatusBody.extend({
  serialization: z.enum(["BINARY", "BINARY_UTF8", "JSON", "NONE"]),
});

export const ErrorBody = z.object({ params: z.object({ errors: z.array(z.object({ message: z.string() })) }) });

const codec = z
  .object({
    codec: z.string(),
    payload_type: z.int().min(0).max(127),
    sampling_rate: z.int().positive(),
    channels: z.int().positive(),
    fmtp: z.string(),
  })
  .transform((one) => ({
    codec: one.codec,
    payloadType: one.payload_type,
    samplingRate: one.sampling_rate,
    channels: one.channels,
    fmtp: one.fmtp,
  }));

/** The extension `PUT /media/connections/{id}/redirects`, with `seamless`. */
export const SwitchBody = z.object({ turned_unix_ms: z.number().optional() });

/** The extension `GET /media/connections/{id}/tracks`. */
export const TracksBody = z.object({
  ended: z
    .object({ reason: z.string(), unix_ms: z.number() })
    .nullable()
    .transform((ended) => ended && { reason: ended.reason, unixMs: ended.unix_ms }),
  tracks: z.array(
    z.object({
      kind: z.enum(["audio", "video"]),
      offered: z.array(codec),
      apart: z.boolean().default(false),
      clock: z
        .object({
          first_rtp_timestamp: z.number().optional(),
          first_unix_ms: z.number(),
          rate: z.number().positive(),
          source: z.enum(["arrival", "sender_report"]),
        })
        .nullable()
        .transform(
          (clock) =>
            clock && {
              firstRtpTimestamp: clock.first_rtp_timestamp,
              firstUnixMs: clock.first_unix_ms,
              rate: clock.rate,
              source: clock.source,
            },
        ),
      counters: z.record(z.string(), z.number().nullable()),
    }),
  ),
  additional: z.array(z.object({ media_connection_id: z.string() })).default([]),
  surplus: z.array(z.enum(["audio", "video"])).default([]),
  held: z.boolean().optional(),
});
