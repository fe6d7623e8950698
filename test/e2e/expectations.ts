import { expect } from "vitest";
import type { Statistics } from "../browsers/callerPage.ts";
import { type Call, fileUrl, findCallOf, type Leg, request } from "../bundle/api.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { download } from "../bundle/download.ts";
import { note } from "../bundle/figures.ts";
import { type Inspection, inspect } from "../bundle/recordingFile.ts";
import { allHealthy, healths } from "../bundle/services.ts";
import { API_KEY, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";

/** What the project promises: so long after its end a call is ready. */
export const READY_LIMIT_MS = 3_000;
/** For tests that are about something else than how fast a call is ready. */
export const PATIENCE_MS = 30_000;
const FRAMES_KEPT = 0.98;
/** Between a browser's statistics and its end. */
const LAST_MOMENT_MS = 200;
const AUDIO_PACKET_MS = 20;

export interface Ready {
  call: Call;
  leg: Leg;
  /** From the end of the call until the API had it ready. */
  readyAfterMs: number;
}

/** Waits until the only leg of a caller's call is ready, counted from `endedAt` (unix ms). */
export async function readyCallOf(peerId: string, endedAt: number, limitMs = READY_LIMIT_MS): Promise<Ready> {
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
  // The last look may have taken longer than there was time.
  if (readyAfterMs > limitMs) throw new Error(`${what} ${readyAfterMs} ms after its end, not within ${limitMs} ms`);
  return { ...ready, readyAfterMs };
}

/** Waits until the API says that a caller's leg is being recorded. */
export function recordingCallOf(peerId: string, limitMs = 5_000): Promise<Call> {
  return waitFor(`the call of ${peerId} is being recorded`, limitMs, async () => {
    const call = await findCallOf(peerId);
    return call?.legs.some((leg) => leg.peerId === peerId && leg.state === "recording") ? call : undefined;
  });
}

/** The whole promise about one recording with video and audio; returns what was seen in the file. */
export async function expectTrueRecording(
  { call, leg, readyAfterMs }: Ready,
  sent: Statistics,
  length: { seconds: number; within: number },
  /** How long media still flowed after the statistics were read; a moment, unless something slow ended the call. */
  flowedOnMs = LAST_MOMENT_MS,
): Promise<Inspection> {
  await using file = await download(fileUrl(call, leg));
  const seen = await inspect(file.path);
  const hint = JSON.stringify({ leg, sent, seen }, null, 2);

  await note({
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
  expect(leg.file?.streams.find(({ kind }) => kind === "video")).toMatchObject({ width: 640, height: 480 });
  return seen;
}

/** Nothing of a call is left but its recording. */
export async function expectNothingLeft(): Promise<void> {
  let left: unknown;
  const what = "no recorder container and nothing in spool/";
  await waitFor(
    what,
    READY_LIMIT_MS,
    async () => {
      const [containers, spool] = await Promise.all([recorderContainers(), listVolume("spool")]);
      left = { containers, spool };
      return containers.length === 0 && spool.length === 0;
    },
    () => left,
  );
}

/** Docker asks a service that was started for the first time after five seconds, however well it is. */
export function untilAllHealthy(): Promise<unknown> {
  return waitFor("all services are healthy", PATIENCE_MS, allHealthy);
}

/** `docker compose ps` shows every service healthy. */
export async function expectAllHealthy(): Promise<void> {
  const seen = await healths();
  expect(new Set(Object.values(seen)), JSON.stringify(seen)).toEqual(new Set(["healthy"]));
}

function packetsOf({ streams }: Inspection, kind: string): number {
  return streams.find((stream) => stream.kind === kind)?.packets ?? 0;
}

/** Enough of what was sent, and no copies of it. */
function expectKept(recorded: number, sent: number | null | undefined, hint: string, flowedOnMs: number): void {
  if (!sent) throw new Error(`the browser says it sent no ${hint}`);
  expect(recorded / sent, hint).toBeGreaterThanOrEqual(FRAMES_KEPT);
  expect(recorded - sent, hint).toBeLessThanOrEqual(flowedOnMs / AUDIO_PACKET_MS);
}

/** Waits for the recorder to be there again for those who call it, after parts of the bundle were started anew. */
export async function recorderIsRegistered(): Promise<void> {
  await waitFor("the recorder is registered again", PATIENCE_MS, async () => {
    const peers = await request(`/api/apikeys/${API_KEY}/peers/${RECORDER_PEER_ID}/exists`);
    return peers.ok && (await peers.json()).exists;
  });
}
