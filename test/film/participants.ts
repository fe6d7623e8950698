import { join } from "node:path";
import type { LegIn, ManifestTrack } from "../../orchestrator/src/archive/library/manifest.ts";
import { type CallId, newLegId } from "../../orchestrator/src/ids.ts";
import { readyLeg } from "../../orchestrator/src/testing/manifests.ts";
import { text } from "../fidelity/process.ts";
import type { FilmBench } from "./filmBench.ts";

/** A participant of a call, as a single-colour picture and a tone. */
export interface Participant {
  name?: string;
  /** The caller's metadata, such as `film`. */
  metadata?: Record<string, unknown>;
  /** Seconds after the start of the call. */
  atSeconds?: number;
  seconds: number;
  /** ffmpeg source of the picture; undefined without video. */
  picture?: string | undefined;
  /** Frequency in hertz and loudness from 0 to 1; undefined without audio. */
  tone?: { hertz: number; loudness: number } | undefined;
  /** Bitrate of the picture in kbit/s. Default: 400. */
  kbps?: number;
}

export const plain = (color: string) => `color=c=${color}:s=320x180:r=15`;

/** Creates a participant's recording in the call's folder and its leg for the manifest. */
export async function recordParticipant(
  bench: FilmBench,
  callId: CallId,
  start: Date,
  participant: Participant,
): Promise<LegIn<"ready">> {
  const { name, metadata, atSeconds = 0, seconds, picture, tone, kbps = 400 } = participant;
  const firstUnixMs = start.getTime() + atSeconds * 1000;
  const at = new Date(firstUnixMs);
  const id = newLegId(at);
  const file = `${id}.webm`;
  const sources = [picture, tone && `sine=f=${tone.hertz}:r=48000,volume=${8 * tone.loudness}`]; // a sine is 1/8
  const inputs = sources.flatMap((source) => (source ? ["-f", "lavfi", "-i", source] : []));
  const video = picture ? ["-c:v", "libvpx", "-pix_fmt", "yuv420p", "-deadline", "realtime", "-cpu-used", "-8"] : [];
  const output = ["-b:v", `${kbps}k`, "-c:a", "libopus", "-t", `${seconds}`, join(bench.paths.call(callId), file)];
  await text("ffmpeg", ["-v", "error", "-y", ...inputs, ...video, ...output]);
  const kinds = [...(picture ? (["video"] as const) : []), ...(tone ? (["audio"] as const) : [])];
  const clock = { firstUnixMs, rate: 1, source: "sender_report" as const };
  return {
    ...readyLeg(at, id),
    endedAt: new Date(firstUnixMs + seconds * 1000).toISOString(),
    ...{ peerId: `peer-of-${id}`, metadata: { ...metadata, ...(name !== undefined && { name }) } },
    tracks: kinds.map((kind): ManifestTrack => ({ kind, clock, counters: {} })),
    file: {
      ...{ name: file, bytes: 1, durationSeconds: seconds },
      streams: kinds.map((kind) => ({ kind, codec: kind === "audio" ? "opus" : "vp8" })),
    },
  };
}

/** A call of these participants, ready to be made into a film. */
export async function recordCall(bench: FilmBench, participants: readonly Participant[]) {
  const start = new Date();
  const callId = await bench.newCall(start);
  const legs: LegIn<"ready">[] = [];
  for (const participant of participants) legs.push(await recordParticipant(bench, callId, start, participant));
  await bench.describe(callId, start, legs);
  return { callId, legs };
}
