import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { ApiClient } from "../../services/skyway-webrtc-gateway/src/testing/apiClient.ts";
import { openPeer } from "../../services/skyway-webrtc-gateway/src/testing/recorderPeer.ts";
import { fileUrl } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { gatewayContainers } from "../bundle/gateways.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { readyCallOf, recordingCallOf } from "../e2e/expectations.ts";
import { newPeerId } from "../e2e/testBrowser.ts";
import { h264Payloads, vp8Payloads, wholePayload } from "../rtp/payloads.ts";
import { RtpSender } from "../rtp/rtpSender.ts";
import { h264Frames, opusFrames, vp8Frames } from "../rtp/samples.ts";

const API_PORT = 8000;
/** Not 0: ffmpeg takes that for a timestamp that is not known, and puts the first two packets at one time. */
const FIRST_TIMESTAMP = 90_000;
const SECONDS = 4;
const VIDEO = { ratePerSecond: 30, clockRate: 90_000, payloadType: 100 };
const AUDIO = { ratePerSecond: 50, clockRate: 48_000, payloadType: 111 };
const MOST_SILENCE = AUDIO.ratePerSecond;
/** For a busy host, on which several calls start recorders at once. */
const RECORDING_MS = 60_000;
const READY_MS = 60_000;

const CODECS = {
  VP8: { payloads: vp8Payloads, encode: () => vp8Frames({ frames: SECONDS * VIDEO.ratePerSecond }) },
  H264: {
    payloads: h264Payloads,
    encode: () => h264Frames({ frames: SECONDS * VIDEO.ratePerSecond, profile: "baseline" }),
  },
};

/** The APIs of the bundle's gateways. Only this host reaches them. */
export async function gatewayApis(): Promise<ApiClient[]> {
  const containers = await gatewayContainers();
  return containers.map(({ addresses }) => new ApiClient(`http://${addresses[0]}:${API_PORT}`));
}

/**
 * A program calls the recorder and sends picture and sound to UDP ports of a gateway for four seconds. The recording has
 * every frame and every packet of sound.
 */
export async function expectProgramRecorded(gateway: ApiClient, codec: keyof typeof CODECS): Promise<void> {
  const [pictures, sounds] = [await CODECS[codec].encode(), await opusFrames(SECONDS * AUDIO.ratePerSecond)];
  const peer = await openPeer(gateway, newPeerId("program"));
  const video = (await gateway.post("/media", { is_video: true })).body;
  const audio = (await gateway.post("/media", { is_video: false })).body;
  const params = (name: string, { media_id }: { media_id: string }, { payloadType, clockRate }: typeof VIDEO) => {
    return { band_width: 0, codec: name, media_id, payload_type: payloadType, sampling_rate: clockRate };
  };
  const { status, body } = await gateway.post("/media/connections", {
    ...{ peer_id: peer.id, token: peer.token, target_id: RECORDER_PEER_ID },
    constraints: {
      ...{ video: true, audio: true, videoReceiveEnabled: false, audioReceiveEnabled: false },
      ...{ video_params: params(codec, video, VIDEO), audio_params: params("OPUS", audio, AUDIO) },
    },
  });
  expect(status, JSON.stringify(body)).toBe(202);
  const connection = `/media/connections/${body.params.media_connection_id}`;
  expect((await gateway.get(`${connection}/events`)).body).toEqual({ event: "READY" });

  const { payloads } = CODECS[codec];
  await using pictureSender = new RtpSender({ host: video.ip_v4, port: video.port, ...VIDEO, payloads });
  await using soundSender = new RtpSender({ host: audio.ip_v4, port: audio.port, ...AUDIO, payloads: wholePayload });
  await Promise.all([send(pictureSender, pictures, VIDEO), send(soundSender, sounds, AUDIO)]);
  await recordingCallOf(peer.id, RECORDING_MS);
  const endedAt = Date.now();
  expect((await gateway.request("DELETE", connection)).status).toBe(204);
  expect((await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`)).status).toBe(204);

  const { call, leg } = await readyCallOf(peer.id, endedAt, READY_MS);
  await using file = await download(fileUrl(call, leg));
  const { streams, durationSeconds, decodeErrors } = await inspect(file.path);
  const hint = JSON.stringify({ leg, streams, durationSeconds });
  await recordMeasurements({ test: expect.getState().currentTestName, codec, streams, durationSeconds });
  expect(decodeErrors, hint).toBe("");
  expect(
    streams.find(({ kind }) => kind === "video"),
    hint,
  ).toMatchObject({
    codec: codec.toLowerCase(),
    packets: pictures.length,
  });
  const sound = streams.find(({ kind }) => kind === "audio");
  expect(sound?.codec, hint).toBe("opus");
  // A busy host sends late: then there is silence between packets.
  expect(sound?.packets, hint).toBeGreaterThanOrEqual(sounds.length);
  expect(sound?.packets, hint).toBeLessThanOrEqual(sounds.length + MOST_SILENCE);
  expect(leg.notes ?? [], hint).toEqual([]);
}

/** In real time; a busy host sends late, but everything. */
async function send(sender: RtpSender, frames: readonly Buffer[], { ratePerSecond, clockRate }: typeof VIDEO) {
  const since = performance.now();
  for (const [index, frame] of frames.entries()) {
    await wait(Math.max(0, since + (index * 1_000) / ratePerSecond - performance.now()));
    await sender.frame(frame, FIRST_TIMESTAMP + (index * clockRate) / ratePerSecond);
  }
}
