import { z } from "zod";
import type { FeedIds } from "../content/mediaFeed.ts";
import { hasIdForm } from "../ids.ts";
import type { CodecWish, MediaOptions, Redirects } from "../webrtc/mediaSession.ts";
import { address } from "./address.ts";
import { InvalidFields } from "./errorBody.ts";

/** More than a page sends. */
const MAX_TRACKS = 64;
/** The limit of signalling. */
export const MAX_ID_CHARACTERS = 64;

/**
 * How one kind is sent or received. Programs that only receive send a made-up media_id to fix codec and payload type,
 * and omit the fields that are not needed.
 */
const mediaParams = z.object({
  codec: z.string().min(1),
  /** kbit/s; 0 means no limit. */
  band_width: z.int().min(0).nullish(),
  media_id: z.string().nullish(),
  rtcp_id: z.string().nullish(),
  payload_type: z.int().min(0).max(127).nullish(),
  sampling_rate: z.int().min(1).nullish(),
});
type MediaParams = z.infer<typeof mediaParams>;

const constraints = z.object({
  /** Whether to send; whether to receive is in the `…ReceiveEnabled` fields. */
  video: z.boolean(),
  audio: z.boolean(),
  videoReceiveEnabled: z.boolean().nullish(),
  audioReceiveEnabled: z.boolean().nullish(),
  video_params: mediaParams.nullish(),
  audio_params: mediaParams.nullish(),
});

const redirectParams = z.object({
  video: address.nullish(),
  video_rtcp: address.nullish(),
  audio: address.nullish(),
  audio_rtcp: address.nullish(),
});

const fields = {
  constraints,
  redirect_params: redirectParams.nullish(),
  /** Receive further tracks beyond the first of each kind, up to this number in total. */
  max_tracks: z.int().min(0).max(MAX_TRACKS).nullish(),
};

/** Body of POST /media/connections/{id}/answer. */
export const answerOptions = z
  .object({
    ...fields,
    /** Hold media in memory until it is redirected; without it, media without an address is dropped. */
    hold: z.boolean().nullish(),
  })
  .refine(({ hold, redirect_params }) => !hold || !redirect_params, {
    path: ["hold"],
    message: "hold field and redirect_params field exclude each other",
  });
export type AnswerOptions = z.infer<typeof answerOptions>;

/** Body of POST /media/connections. */
export const callOptions = z.object({
  peer_id: z.string().min(1),
  token: z.string().min(1),
  target_id: z.string().min(1).max(MAX_ID_CHARACTERS),
  ...fields,
  /** The reference says object; some clients send a string. */
  constraints: constraints.extend({ metadata: z.unknown().optional() }),
});

/** The ports to send from. @throws InvalidFields if a kind is to be sent without a port. */
export function feedIds({ constraints }: AnswerOptions): FeedIds {
  const ids = (kind: "video" | "audio"): FeedIds => {
    if (!constraints[kind]) return {};
    const field = `${kind}_params`;
    const params = constraints[`${kind}_params`];
    if (!params) throw new InvalidFields([{ field, message: `${field} field is not specified` }]);
    if (!params.media_id) throw new InvalidFields([{ field, message: "media_id field is not specified" }]);
    return { [kind]: { mediaId: params.media_id, rtcpId: params.rtcp_id || undefined } };
  };
  return { ...ids("video"), ...ids("audio") };
}

/** If the receive flag is missing, a kind is received if it is also sent or has a redirect. */
export function mediaOptions({ constraints, redirect_params: to, max_tracks, hold }: AnswerOptions): MediaOptions {
  const { video, videoReceiveEnabled, video_params, audio, audioReceiveEnabled, audio_params } = constraints;
  return {
    video: {
      send: video,
      receive: videoReceiveEnabled ?? (video || Boolean(to?.video)),
      ...(video_params && { wish: wish(video_params) }),
    },
    audio: {
      send: audio,
      receive: audioReceiveEnabled ?? (audio || Boolean(to?.audio)),
      ...(audio_params && { wish: wish(audio_params) }),
    },
    redirects: redirectsOf(to),
    ...(max_tracks != null && { maxTracks: max_tracks }),
    ...(hold && { isHeld: true }),
  };
}

/** Body of PUT /media/connections/{id}/redirects. */
export const redirectOptions = z.object({
  redirect_params: redirectParams,
  /** Switch at the next keyframe, without gap or overlap, and send BYE to the previous destinations. */
  seamless: z.boolean().nullish(),
});

export function redirectsOf(to: z.infer<typeof redirectParams> | null | undefined): Redirects {
  return {
    ...(to?.video && { video: to.video }),
    ...(to?.video_rtcp && { videoRtcp: to.video_rtcp }),
    ...(to?.audio && { audio: to.audio }),
    ...(to?.audio_rtcp && { audioRtcp: to.audio_rtcp }),
  };
}

function wish({ codec, payload_type, sampling_rate, band_width }: MediaParams): CodecWish {
  return {
    codec,
    ...(payload_type != null && { payloadType: payload_type }),
    ...(sampling_rate != null && { samplingRate: sampling_rate }),
    ...(band_width && { bandwidthKbps: band_width }),
  };
}

/** The media ids from the request, without made-up ones: the Rust client rejects ids in another format. */
export function mediaIds({ constraints }: AnswerOptions): { video_id?: string; audio_id?: string } {
  const video = constraints.video_params?.media_id;
  const audio = constraints.audio_params?.media_id;
  return {
    ...(video && hasIdForm("vi", video) && { video_id: video }),
    ...(audio && hasIdForm("au", audio) && { audio_id: audio }),
  };
}
