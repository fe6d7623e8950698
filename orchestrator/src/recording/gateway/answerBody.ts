import type { Codec, Codecs } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";

/** Nothing is sent, so the gateway does not look this media id up; its place pins codec and payload type. */
const DUMMY_UUID = "00000000-0000-4000-8000-000000000000";
const UNLIMITED_KBPS = 0;
/** What a gateway adds for audio to a limit for video. */
const AUDIO_KBPS = 128;

/**
 * Body of a receive-only answer, or call, that redirects to a recorder.
 *
 * @param limitKbps what the caller may send in all; 0: as much as it likes.
 */
export function answerBody({ audio, video }: Codecs, redirect: RedirectTargets, limitKbps: number) {
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
    redirect_params: redirectParams({ audio, video }, redirect),
  };
}

/** Where each kind that is recorded goes; nowhere without a redirect. */
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
