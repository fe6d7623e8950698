/** What the orchestrator's API answers, as far as the pages show it. */

export type LegState = "ringing" | "preparing" | "connecting" | "recording" | "finalising" | "ready" | "failed";

export interface RecordingStream {
  kind: "audio" | "video";
  codec: string;
  width?: number;
  height?: number;
  frames?: number;
}

export interface RecordingFile {
  name: string;
  bytes: number;
  durationSeconds: number;
  streams: RecordingStream[];
}

export interface Leg {
  id: string;
  peerId: string;
  metadata: unknown;
  state: LegState;
  startedAt: string;
  endedAt: string | null;
  reason?: string;
  error?: { code: string; message: string; hint?: string };
  file?: RecordingFile;
}

export interface Call {
  id: string;
  state: LegState;
  startedAt: string;
  endedAt: string | null;
  legs: Leg[];
}

export interface CallPage {
  calls: Call[];
  nextCursor: string | null;
}

export interface Health {
  status: "ok" | "failing";
  parts: Record<string, { status: "ok" | "failing"; reason?: string }>;
}

export interface ClientConfiguration {
  key: string;
  recorderPeerId: string;
}

export const isRunning = (state: LegState): boolean => state !== "ready" && state !== "failed";
