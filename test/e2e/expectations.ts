import { expect } from "vitest";
import type { Statistics } from "../browsers/callerPage.ts";
import { CAMERA } from "../browsers/camera.ts";
import { type Call, fileUrl, findCallOf, type Leg, request } from "../bundle/api.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { type Inspection, inspect } from "../bundle/recordingFile.ts";
import { allHealthy, healths } from "../bundle/services.ts";
import { API_KEY, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";

/** How long to wait for what takes less than 3 s on a host that does nothing else; soak.test.ts checks how fast it is. */
export const PATIENCE_MS = 30_000;
const FRAMES_KEPT = 0.98;
/** Time between reading a browser's statistics and the end of its media. */
export const LAST_MOMENT_MS = 400;
export const AUDIO_PACKET_MS = 20;

export interface Ready {
  call: Call;
  leg: Leg;
  /** Time from the end of the call until the API reports it as ready. */
  readyAfterMs: number;
}

/** Waits until the only leg of a caller's call is ready, counted from `endedAt` (unix ms). */
export async function readyCallOf(peerId: string, endedAt: number, limitMs = PATIENCE_MS): Promise<Ready> {
  let seen: Call | undefined;
  const what = `the call of ${peerId} is ready`;
  const left = endedAt + limitMs - Date.now();
  const ready = await waitFor(
    what,
    left,
    async () => {
      seen = await findCallOf(peerId);
      const leg = seen?.legs.find((one) => one.peerId === peerId);
      if (leg?.state === "failed") throw new Error(`the leg failed: ${JSON.stringify(leg)}`);
      return seen && leg?.state === "ready" ? { call: seen, leg } : undefined;
    },
    () => seen,
  );
  const readyAfterMs = Date.now() - endedAt;
  // The last poll may have ended after the limit.
  if (readyAfterMs > limitMs) throw new Error(`${what} ${readyAfterMs} ms after its end; the limit is ${limitMs} ms`);
  return { ...ready, readyAfterMs };
}

/** Waits until the API reports that a caller's leg is being recorded. */
export function recordingCallOf(peerId: string, limitMs = PATIENCE_MS): Promise<Call> {
  return waitFor(`the call of ${peerId} is being recorded`, limitMs, async () => {
    const call = await findCallOf(peerId);
    return call?.legs.some((leg) => leg.peerId === peerId && leg.state === "recording") ? call : undefined;
  });
}

/** Checks everything that is promised about a recording with video and audio; returns the properties of the file. */
export async function expectCompleteRecording(
  { call, leg, readyAfterMs }: Ready,
  sent: Statistics,
  length: { seconds: number; within: number },
  /** How long media continued after the statistics were read; short, unless the end was detected slowly. */
  flowedOnMs = LAST_MOMENT_MS,
): Promise<Inspection> {
  await using file = await download(fileUrl(call, leg));
  const seen = await inspect(file.path);
  const hint = JSON.stringify({ leg, sent, seen }, null, 2);

  await recordMeasurements({
    test: expect.getState().currentTestName,
    readyAfterMs,
    seconds: seen.durationSeconds,
    frames: `${packetsOf(seen, "video")} of ${sent.video?.framesSent}`,
    audioPackets: `${packetsOf(seen, "audio")} of ${sent.audio?.packets}`,
    firstFrameAt: seen.firstFrame?.seconds,
  });

  expect(seen.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort(), hint).toEqual(["audio opus", "video vp8"]);
  expect(Math.abs(seen.durationSeconds - length.seconds), hint).toBeLessThanOrEqual(length.within);
  expect(seen.firstFrame?.keyframe, hint).toBe(true);
  expect(seen.decodeErrors, hint).toBe("");
  expect(seen.hasCuesInFront, hint).toBe(true);
  expectKept(
    packetsOf(seen, "video"),
    sent.video?.framesSent ?? sent.video?.framesEncoded,
    `frames; ${hint}`,
    flowedOnMs,
  );
  expectKept(packetsOf(seen, "audio"), sent.audio?.packets, `audio packets; ${hint}`, flowedOnMs);

  expect(leg.file?.durationSeconds).toBeCloseTo(seen.durationSeconds, 1);
  expect(leg.file?.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort(), hint).toEqual([
    "audio opus",
    "video vp8",
  ]);
  expect(leg.file?.streams.find(({ kind }) => kind === "video")).toMatchObject(CAMERA);
  return seen;
}

/** After a call, only its recording is left. */
export async function expectNothingLeft(): Promise<void> {
  let left: unknown;
  const what = "no recorder container and nothing in spool/";
  await waitFor(
    what,
    PATIENCE_MS,
    async () => {
      const containers = await recorderContainers();
      left = { containers };
      if (containers.length > 0) return false;
      const spool = await listVolume("spool");
      left = { containers, spool };
      return spool.length === 0;
    },
    () => left,
  );
}

/** Docker first checks a started service after five seconds, even if it is already healthy. */
export function untilAllHealthy(): Promise<unknown> {
  return waitFor("all services are healthy", PATIENCE_MS, allHealthy);
}

/** Docker shows every service healthy. */
export async function expectAllHealthy(): Promise<void> {
  const seen = await healths();
  expect(new Set(Object.values(seen)), JSON.stringify(seen)).toEqual(new Set(["healthy"]));
}

function packetsOf({ streams }: Inspection, kind: string): number {
  return streams.find((stream) => stream.kind === kind)?.packets ?? 0;
}

/** Nearly everything that was sent was recorded, and nothing twice. */
function expectKept(recorded: number, sent: number | null | undefined, hint: string, flowedOnMs: number): void {
  if (!sent) throw new Error(`the browser reports that it sent no ${hint}`);
  expect(recorded / sent, hint).toBeGreaterThanOrEqual(FRAMES_KEPT);
  expect(recorded - sent, hint).toBeLessThanOrEqual(flowedOnMs / AUDIO_PACKET_MS);
}

/** Waits until the recorder's peer is registered again after parts of the bundle were restarted. */
export async function recorderIsRegistered(): Promise<void> {
  await waitFor("the recorder is registered again", PATIENCE_MS, async () => {
    const peers = await request(`/api/apikeys/${API_KEY}/peers/${RECORDER_PEER_ID}/exists`);
    return peers.ok && (await peers.json()).exists;
  });
}
