import { expect } from "vitest";
import { ApiClient } from "../../services/skyway-webrtc-gateway/src/testing/apiClient.ts";
import { openPeer } from "../../services/skyway-webrtc-gateway/src/testing/recorderPeer.ts";
import { fileUrl } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { gatewayContainers } from "../bundle/gateways.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { PATIENCE_MS, readyCallOf, recordingCallOf } from "../e2e/expectations.ts";
import { newPeerId } from "../e2e/testBrowser.ts";
import { FRAMES_PER_SECOND, Program, SIZE } from "./program.ts";

const API_PORT = 8000;
const TALK_MS = 5_000;
const FRAMES_KEPT = 0.98;

/** The APIs of the bundle's gateways. Only this host reaches them. */
export async function gatewayApis(): Promise<ApiClient[]> {
  const containers = await gatewayContainers();
  return containers.map(({ addresses }) => new ApiClient(`http://${addresses[0]}:${API_PORT}`));
}

/** A program calls the recorder, and sends picture and sound through a gateway for five seconds. All is in the recording. */
export async function expectProgramRecorded(gateway: ApiClient, video: "VP8" | "H264"): Promise<void> {
  const peer = await openPeer(gateway, newPeerId("program"));
  await using program = await Program.open(gateway, "red", video);
  const { status, body } = await gateway.post("/media/connections", {
    ...{ peer_id: peer.id, token: peer.token, target_id: RECORDER_PEER_ID },
    constraints: { ...program.constraints, videoReceiveEnabled: false, audioReceiveEnabled: false },
  });
  expect(status, JSON.stringify(body)).toBe(202);
  const connection = `/media/connections/${body.params.media_connection_id}`;
  expect((await gateway.get(`${connection}/events`)).body).toEqual({ event: "READY" });
  await recordingCallOf(peer.id, PATIENCE_MS);
  const since = Date.now();
  await new Promise((resolve) => setTimeout(resolve, TALK_MS));
  const endedAt = Date.now();
  expect((await gateway.request("DELETE", connection)).status).toBe(204);
  expect((await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`)).status).toBe(204);

  const { call, leg } = await readyCallOf(peer.id, endedAt);
  await using file = await download(fileUrl(call, leg));
  const seen = await inspect(file.path);
  const hint = JSON.stringify({ leg, seen });
  const frames = seen.streams.find(({ kind }) => kind === "video")?.packets ?? 0;
  await recordMeasurements({ test: expect.getState().currentTestName, video, frames, seconds: seen.durationSeconds });
  expect(seen.decodeErrors, hint).toBe("");
  expect(seen.streams.map(({ codec }) => codec).sort(), hint).toEqual([video.toLowerCase(), "opus"].sort());
  expect(
    seen.streams.find(({ kind }) => kind === "video"),
    hint,
  ).toMatchObject(SIZE);
  expect(seen.durationSeconds, hint).toBeGreaterThan((endedAt - since) / 1_000 - 1);
  expect(frames / (seen.durationSeconds * FRAMES_PER_SECOND), hint).toBeGreaterThan(FRAMES_KEPT);
}
