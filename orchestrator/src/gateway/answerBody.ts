import type { Codec, Codecs } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";

/** Nothing is sent, so the gateway does not look this media id up; its place pins codec and payload type. */
const DUMMY_UUID = "00000000-0000-4000-8000-000000000000";
const UNLIMITED_KBPS = 0;

/** Body of a receive-only answer that redirects to a recorder. */
export function answerBody({ audio, video }: Codecs, redirect: RedirectTargets) {
  const target = (port: number) => ({ ip_v4: redirect.address, port });
  return {
    constraints: {
      video: false,
      audio: false,
      videoReceiveEnabled: video !== undefined,
      audioReceiveEnabled: audio !== undefined,
      ...(video && { video_params: mediaParams(`vi-${DUMMY_UUID}`, video) }),
      ...(audio && { audio_params: mediaParams(`au-${DUMMY_UUID}`, audio) }),
    },
    redirect_params: {
      ...(video && { video: target(redirect.video), video_rtcp: target(redirect.video) }),
      ...(audio && { audio: target(redirect.audio), audio_rtcp: target(redirect.audio) }),
    },
  };
}

function mediaParams(media_id: string, { codec, payloadType, samplingRate }: Codec) {
  return {
    band_width: UNLIMITED_KBPS,
    codec: codec.toUpperCase(),
    media_id,
    payload_type: payloadType,
    sampling_rate: samplingRate,
  };
}
