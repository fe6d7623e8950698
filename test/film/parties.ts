import { join } from "node:path";
import type { LegIn, ManifestTrack } from "../../orchestrator/src/archive/library/manifest.ts";
import { type CallId, newLegId } from "../../orchestrator/src/ids.ts";
import { readyLeg } from "../../orchestrator/src/testing/manifests.ts";
import { text } from "../fidelity/process.ts";
import type { Studio } from "./studio.ts";

/** Somebody in a call, as a plain picture and a tone. */
export interface Party {
  name?: string;
  /** `film` and whatever else callers may say. */
  metadata?: Record<string, unknown>;
  /** After the call's beginning. */
  atSeconds?: number;
  seconds: number;
  /** ffmpeg's source of the picture; undefined for somebody who sends none. */
  picture?: string | undefined;
  /** Hertz, and how loud, from 0 to 1; undefined for silence that is not even sent. */
  tone?: { hertz: number; loudness: number } | undefined;
  /** Of the picture. Default: 400. */
  kbps?: number;
}

export const plain = (color: string) => `color=c=${color}:s=320x180:r=15`;

/** Records a party, so to speak: a file in the call's folder, and the leg that the manifest has for it. */
export async function recordParty(studio: Studio, callId: CallId, start: Date, party: Party): Promise<LegIn<"ready">> {
  const { name, metadata, atSeconds = 0, seconds, picture, tone, kbps = 400 } = party;
  const firstUnixMs = start.getTime() + atSeconds * 1000;
  const at = new Date(firstUnixMs);
  const id = newLegId(at);
  const file = `${id}.webm`;
  const sources = [picture, tone && `sine=f=${tone.hertz}:r=48000,volume=${8 * tone.loudness}`]; // a sine is 1/8
  const inputs = sources.flatMap((source) => (source ? ["-f", "lavfi", "-i", source] : []));
  const video = picture ? ["-c:v", "libvpx", "-pix_fmt", "yuv420p", "-deadline", "realtime", "-cpu-used", "-8"] : [];
  const output = ["-b:v", `${kbps}k`, "-c:a", "libopus", "-t", `${seconds}`, join(studio.paths.call(callId), file)];
  await text("ffmpeg", ["-v", "error", "-y", ...inputs, ...video, ...output]);
  const kinds = [...(picture ? (["video"] as const) : []), ...(tone ? (["audio"] as const) : [])];
  const clock = { firstUnixMs, rate: 1, source: "sender_report" as const };
  return {
    ...readyLeg(at, id),
    ...{ peerId: `peer-of-${id}`, metadata: { ...metadata, ...(name !== undefined && { name }) } },
    tracks: kinds.map((kind): ManifestTrack => ({ kind, clock, counters: {} })),
    file: {
      ...{ name: file, bytes: 1, durationSeconds: seconds },
      streams: kinds.map((kind) => ({ kind, codec: kind === "audio" ? "opus" : "vp8" })),
    },
  };
}

/** A call of such parties, ready to be made a film of. */
export async function recordCall(studio: Studio, parties: readonly Party[]) {
  const start = new Date();
  const callId = await studio.newCall(start);
  const legs: LegIn<"ready">[] = [];
  for (const party of parties) legs.push(await recordParty(studio, callId, start, party));
  await studio.describe(callId, start, legs);
  return { callId, legs };
}
