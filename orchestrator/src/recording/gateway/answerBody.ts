import type { Codec, Codecs } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";

/** No media is sent, so the gateway does not look up this media id; the entry only selects codec and payload type. */
const DUMMY_UUID = "00000000-0000-4000-8000-000000000000";
const UNLIMITED_KBPS = 0;
/** Bandwidth that a gateway reserves for audio in addition to a video limit. */
const AUDIO_KBPS = 128;

/** What a caller may send. */
export interface CallerLimits {
  /** Total bandwidth; 0 means unlimited, and is the default. */
  perLegKbps?: number;
  /** Number of tracks to receive, beyond the first of each kind; none by default. */
  maxTracks?: number;
}

/** Request body of a receive-only answer or call. Media is redirected to a recorder, or held if there is none yet. */
export function answerBody(
  { audio, video }: Codecs,
  redirect: RedirectTargets | undefined,
  { perLegKbps: limitKbps = 0, maxTracks }: CallerLimits = {},
) {
  const videoKbps = limitKbps === 0 ? UNLIMITED_KBPS : limitKbps - AUDIO_KBPS;
  return {
    constraints: {
      video: false,
      audio: false,
      videoReceiveEnabled: video !== undefined,
      audioReceiveEnabled: audio !== undefined,
      ...(video && { video_params: mediaParams(`vi-${DUMMY_UUID}`, video, videoKbps) }),
      ...(audio && { audio_params: mediaParams(`au-${DUMMY_UUID}`, audio, UNLIMITED_KBPS) }),
    },
    ...(redirect ? { redirect_params: redirectParams({ audio, video }, redirect) } : { hold: true }),
    ...(maxTracks !== undefined && { max_tracks: maxTracks }),
  };
}

/** Redirect targets of the recorded kinds; empty if there is no redirect. */
export function redirectParams({ audio, video }: Codecs, redirect: RedirectTargets | undefined) {
  if (!redirect) return {};
  const target = (port: number) => ({ ip_v4: redirect.address, port });
  return {
    ...(video && { video: target(redirect.video), video_rtcp: target(redirect.video) }),
    ...(audio && { audio: target(redirect.audio), audio_rtcp: target(redirect.audio) }),
  };
}

function mediaParams(media_id: string, { codec, payloadType, samplingRate }: Codec, band_width: number) {
  return {
    band_width,
    codec: codec.toUpperCase(),
    media_id,
    payload_type: payloadType,
    sampling_rate: samplingRate,
  };
}
