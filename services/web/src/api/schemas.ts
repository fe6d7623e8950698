import * as z from "zod/mini";

// zod would try `new Function`; the content security policy blocks it and logs a violation in the browser's console.
z.config({ jitless: true });

const LegState = z.enum(["ringing", "preparing", "connecting", "recording", "finalising", "ready", "failed"]);
export type LegState = z.infer<typeof LegState>;

const RecordingFile = z.object({
  name: z.string(),
  bytes: z.number(),
  durationSeconds: z.number(),
  streams: z.array(
    z.object({
      kind: z.enum(["audio", "video"]),
      codec: z.string(),
      width: z.optional(z.number()),
      height: z.optional(z.number()),
      frames: z.optional(z.number()),
    }),
  ),
});
export type RecordingFile = z.infer<typeof RecordingFile>;

const Leg = z.object({
  id: z.string(),
  peerId: z.string(),
  metadata: z.unknown(),
  state: LegState,
  beside: z.optional(z.string()),
  startedAt: z.string(),
  endedAt: z.nullable(z.string()),
  reason: z.optional(z.string()),
  error: z.optional(z.object({ code: z.string(), message: z.string(), hint: z.optional(z.string()) })),
  /** What the recording lacks, and what was offered and is not recorded. */
  notes: z.optional(
    z.array(
      z.object({
        code: z.string(),
        kind: z.optional(z.string()),
        message: z.string(),
        hint: z.string(),
        at: z.optional(z.string()),
        seconds: z.optional(z.number()),
        file: z.optional(z.string()),
      }),
    ),
  ),
  file: z.optional(RecordingFile),
  /** If the leg has several files: the finished ones. */
  files: z.optional(z.array(z.object({ startedAt: z.string(), file: z.optional(RecordingFile) }))),
});
export type Leg = z.infer<typeof Leg>;

/** Names of the preview files of a recording or film. */
const Preview = z.object({
  poster: z.optional(z.string()),
  thumbnails: z.optional(z.object({ image: z.string(), track: z.string() })),
  waveform: z.optional(z.string()),
});
export type Preview = z.infer<typeof Preview>;

/** A call from the orchestrator's API, with the fields that the pages use. */
export const Call = z.object({
  id: z.string(),
  state: LegState,
  startedAt: z.string(),
  endedAt: z.nullable(z.string()),
  legs: z.array(Leg),
  film: z.optional(z.object({ file: RecordingFile })),
  previews: z.optional(z.record(z.string(), Preview)),
  /** File names: the chat messages of the call, and the same as subtitles of its film. */
  chat: z.optional(z.object({ messages: z.string(), subtitles: z.string() })),
  /** The call's live stream. */
  live: z.optional(
    z.object({
      startedAt: z.string(),
      endedAt: z.nullable(z.string()),
      page: z.optional(z.string()),
      playlist: z.optional(z.string()),
    }),
  ),
});
export type Call = z.infer<typeof Call>;

/** A job on a call, with the fields that the pages use. */
export const Job = z.object({
  id: z.string(),
  kind: z.string(),
  callId: z.string(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled"]),
  progress: z.number(),
  error: z.optional(z.object({ code: z.string(), message: z.string(), hint: z.optional(z.string()) })),
});
export type Job = z.infer<typeof Job>;

export const JobList = z.object({ jobs: z.array(Job) });

/** A removed call. */
export const Removed = z.object({ id: z.string() });

export const CallPage = z.object({ calls: z.array(Call), nextCursor: z.nullable(z.string()) });

const HealthStatus = z.enum(["ok", "failing"]);
export const Health = z.object({
  status: HealthStatus,
  parts: z._default(z.record(z.string(), z.object({ status: HealthStatus, reason: z.optional(z.string()) })), {}),
});
export type Health = z.infer<typeof Health>;

export const ClientConfiguration = z.object({ key: z.string(), recorderPeerId: z.string() });

/** Some of RTCIceServer's fields. */
export const IceServers = z.object({
  iceServers: z.array(z.object({ urls: z.array(z.string()), username: z.string(), credential: z.string() })),
});

export const Session = z.object({ required: z.boolean(), admitted: z.boolean() });
export type Session = z.infer<typeof Session>;

export const FileLink = z.object({ url: z.string(), expiresAt: z.string() });
export type FileLink = z.infer<typeof FileLink>;

export const ErrorAnswer = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** The playable recordings of a leg, in time order. */
export function recordingsOf({ file, files, startedAt }: Leg): { startedAt: string; file: RecordingFile }[] {
  if (!files) return file ? [{ startedAt, file }] : [];
  return files.flatMap((one) => (one.file ? [{ startedAt: one.startedAt, file: one.file }] : []));
}

export const isRunning = (state: LegState): boolean => state !== "ready" && state !== "failed";
