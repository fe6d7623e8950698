import type { LegState, Manifest, ManifestLeg, RecordingFile } from "../library/manifest.ts";

/** A leg as the API shows it. */
export interface LegView {
  id: string;
  peerId: string;
  metadata: unknown;
  state: LegState;
  startedAt: string;
  endedAt: string | null;
  reason?: string;
  error?: { code: string; message: string; hint: string };
  file?: RecordingFile;
  trackFiles?: RecordingFile[];
  /** Earlier parts, whose recorders were lost; all of them are in the file. */
  parts?: { endedAt: string; reason: string }[];
  gapSeconds?: number;
}

/** A call as the API shows it. */
export interface CallView {
  id: string;
  state: LegState;
  startedAt: string;
  endedAt: string | null;
  legs: LegView[];
}

export const isOver = (state: LegState): boolean => state === "ready" || state === "failed";

export function viewOf(manifest: Manifest): CallView {
  const legs = manifest.legs.map(legView);
  return {
    id: manifest.id,
    state: callState(manifest.legs),
    startedAt: manifest.startedAt,
    endedAt: callEnd(manifest.legs),
    legs,
  };
}

/** Recording if any leg is; else what its newest running leg does; ready, once over, if any leg is. */
export function callState(legs: readonly ManifestLeg[]): LegState {
  const states = legs.map(({ state }) => state);
  const running = states.filter((state) => !isOver(state));
  if (running.includes("recording")) return "recording";
  return running.at(-1) ?? (states.includes("ready") ? "ready" : "failed");
}

function callEnd(legs: readonly ManifestLeg[]): string | null {
  if (!legs.every(({ state }) => isOver(state))) return null;
  const ends = legs.flatMap((leg) => ("endedAt" in leg ? [leg.endedAt] : []));
  return ends.sort().at(-1) ?? null;
}

function legView(leg: ManifestLeg): LegView {
  return {
    id: leg.id,
    peerId: leg.peerId,
    metadata: leg.metadata,
    state: leg.state,
    startedAt: ("startedAt" in leg && leg.startedAt) || leg.ringingAt,
    endedAt: "endedAt" in leg ? leg.endedAt : null,
    ...("reason" in leg && leg.reason !== undefined && { reason: leg.reason }),
    ...("error" in leg && leg.error && { error: leg.error }),
    ...("parts" in leg && leg.parts && { parts: leg.parts.map(({ endedAt, reason }) => ({ endedAt, reason })) }),
    ...("gapSeconds" in leg && leg.gapSeconds !== undefined && { gapSeconds: leg.gapSeconds }),
    ...("file" in leg && { file: leg.file }),
    ...("trackFiles" in leg && leg.trackFiles && { trackFiles: leg.trackFiles }),
  };
}
