import type { LegIn, Manifest } from "../archive/library/manifest.ts";
import { type CallId, type LegId, type MediaConnectionId, newLegId, type PeerId, recorderIdOf } from "../ids.ts";

/** Legs and manifests as stored on the volume, with minimal content. */
const base = (at: Date, id: LegId) => ({
  id,
  peerId: "caller",
  metadata: "",
  recorderPeerId: "TestRecorder" as PeerId,
  mediaConnectionId: `mc-${id}` as MediaConnectionId,
  ringingAt: at.toISOString(),
});

const recorded = (at: Date, id: LegId) => ({
  ...base(at, id),
  recorderId: recorderIdOf(id, 1),
  codecs: {},
  tracks: [],
  startedAt: at.toISOString(),
});

export const ringingLeg = (at: Date, id = newLegId(at)): LegIn<"ringing"> => ({ state: "ringing", ...base(at, id) });

export const recordingLeg = (at: Date, id = newLegId(at)): LegIn<"recording"> => ({
  state: "recording",
  ...recorded(at, id),
});

export const readyLeg = (at: Date, id = newLegId(at), bytes = 4): LegIn<"ready"> => ({
  state: "ready",
  ...recorded(at, id),
  endedAt: at.toISOString(),
  reason: "leave",
  file: { name: `${id}.webm`, bytes, durationSeconds: 1, streams: [] },
});

export const failedLeg = (at: Date, id = newLegId(at)): LegIn<"failed"> => ({
  state: "failed",
  ...base(at, id),
  endedAt: at.toISOString(),
  error: { code: "NO_MEDIA", message: "no media", hint: "none" },
});

export const manifestOf = (id: CallId, at: Date, ...legs: Manifest["legs"]): Manifest => ({
  version: 1,
  id,
  key: null,
  startedAt: at.toISOString(),
  legs,
});
