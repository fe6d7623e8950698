import { z } from "zod";
import type { CallId, LegId, MediaConnectionId, PeerId, RecorderId } from "../../ids.ts";
import { CALL_ID, LEG_ID } from "../../ids.ts";

export const MANIFEST_VERSION = 1;

const instant = z.iso.datetime();
const kind = z.enum(["audio", "video"]);
/** What a track holds (RFC 8866, section 5.14). */
export type Kind = z.infer<typeof kind>;

const codec = z.object({
  codec: z.string(),
  payloadType: z.int(),
  samplingRate: z.int(),
  channels: z.int(),
  fmtp: z.string(),
});

const clock = z.object({
  /** The sender's timestamp; used to position later parts of the track. */
  firstRtpTimestamp: z.number().optional(),
  firstUnixMs: z.number(),
  rate: z.number(),
  source: z.enum(["arrival", "sender_report"]),
});

/** One track as reported by the gateway: its position on the gateway's clock, and packet counters. */
const track = z.object({ kind, clock: clock.nullable(), counters: z.record(z.string(), z.number().nullable()) });

/** Recorded by an earlier recorder of a leg, until it was lost and another one took over. */
const part = z.object({
  recorderId: z.string().transform((id) => id as RecorderId),
  tracks: z.array(track),
  endedAt: instant,
  reason: z.string(),
});

const stream = z.object({
  kind,
  codec: z.string(),
  width: z.int().optional(),
  height: z.int().optional(),
  frames: z.int().optional(),
});

export const RecordingFile = z
  .object({
    name: z.string(),
    bytes: z.int(),
    durationSeconds: z.number(),
    streams: z.array(stream),
  })
  .meta({ id: "RecordingFile" });

/** What a leg lacks, or what was offered and is not recorded; docs/operations.md explains the codes. */
export const LegNote = z
  .object({
    code: z.string(),
    /** Missing if the note concerns the whole leg. */
    kind: kind.optional(),
    message: z.string(),
    hint: z.string(),
    /** When it began. */
    at: instant.optional(),
    /** Length of the media that is lost or affected. */
    seconds: z.number().optional(),
    /** Name of the file that it concerns, if the leg has several. */
    file: z.string().optional(),
  })
  .meta({ id: "Note" });
export type LegNote = z.infer<typeof LegNote>;

const failure = z.object({ code: z.string(), message: z.string(), hint: z.string() });

/** One of the files of a leg that has rolled over. */
const legFile = z.object({
  recorderId: z.string().transform((id) => id as RecorderId),
  tracks: z.array(track),
  parts: z.array(part).optional(),
  startedAt: instant,
  endedAt: instant,
  reason: z.string(),
  /** Set once it is stored; until then it is being finished, or has failed with `error`. */
  file: RecordingFile.optional(),
  trackFiles: z.array(RecordingFile).optional(),
  gapSeconds: z.number().optional(),
  error: failure.optional(),
});

const mediaConnectionId = z.string().transform((id) => id as MediaConnectionId);

const base = {
  id: z
    .string()
    .regex(LEG_ID)
    .transform((id) => id as LegId),
  peerId: z.string(),
  metadata: z.unknown(),
  recorderPeerId: z.string().transform((id) => id as PeerId),
  /** Missing for a dialled leg until the gateway has made the call. */
  mediaConnectionId: mediaConnectionId.optional(),
  ringingAt: instant,
  /** Set if the recorder calls the peer; how long the peer has to answer. */
  dialled: z.object({ answerWithinSeconds: z.int() }).optional(),
  /** It records further tracks of the caller of this leg, such as a screen beside the camera. */
  beside: z
    .string()
    .regex(LEG_ID)
    .transform((id) => id as LegId)
    .optional(),
  notes: z.array(LegNote).optional(),
};

const recorded = {
  ...base,
  mediaConnectionId,
  recorderId: z.string().transform((id) => id as RecorderId),
  codecs: z.object({ audio: codec.optional(), video: codec.optional() }),
  tracks: z.array(track),
  /**
   * How its tracks are synchronised in the file: by the gateway's clock, or both begin with their first redirected
   * packet, because the gateway reports no times (Janus, the official gateway). Set when the leg has ended.
   */
  placedBy: z.enum(["clock", "first_packet"]).optional(),
  /** Earlier parts; `recorderId` and `tracks` of the leg belong to the last part. */
  parts: z.array(part).optional(),
  /** Files of a leg that has rolled over: the earlier files during recording, all files at the end. */
  files: z.array(legFile).optional(),
  /** The recorder of a rollover in progress. */
  next: z.object({ recorderId: z.string().transform((id) => id as RecorderId), reason: z.string() }).optional(),
};

/** A leg, with the data that is available in each state. */
export const ManifestLeg = z.discriminatedUnion("state", [
  z.object({ state: z.literal("ringing"), ...base }),
  z.object({ state: z.literal("preparing"), ...base }),
  z.object({ state: z.literal("connecting"), ...recorded }),
  z.object({ state: z.literal("recording"), ...recorded, startedAt: instant }),
  z.object({ state: z.literal("finalising"), ...recorded, startedAt: instant, endedAt: instant, reason: z.string() }),
  z.object({
    state: z.literal("ready"),
    ...recorded,
    startedAt: instant,
    endedAt: instant,
    reason: z.string(),
    /** The only file, or the first of `files`. */
    file: RecordingFile,
    /** The same recording with one track per file, if configured. */
    trackFiles: z.array(RecordingFile).optional(),
    /** Duration of media that is missing between parts. */
    gapSeconds: z.number().optional(),
    /** A problem that occurred although there is a recording. */
    error: failure.optional(),
  }),
  z.object({
    state: z.literal("failed"),
    ...base,
    recorderId: recorded.recorderId.optional(),
    codecs: recorded.codecs.optional(),
    tracks: recorded.tracks.optional(),
    parts: recorded.parts,
    files: recorded.files,
    startedAt: instant.optional(),
    endedAt: instant,
    reason: z.string().optional(),
    error: failure,
  }),
]);

export type ManifestLeg = z.infer<typeof ManifestLeg>;
export type LegState = ManifestLeg["state"];
export type LegIn<State extends LegState> = Extract<ManifestLeg, { state: State }>;
export type RecordingFile = z.infer<typeof RecordingFile>;
export type ManifestPart = z.infer<typeof part>;
export type ManifestFile = z.infer<typeof legFile>;
export type ManifestTrack = z.infer<typeof track>;

/** The recordings of a call, combined into one file. */
export const Film = z
  .object({
    file: RecordingFile,
    /** The legs whose recordings it contains. */
    legs: z.array(
      z
        .string()
        .regex(LEG_ID)
        .transform((id) => id as LegId),
    ),
    composedAt: instant,
  })
  .meta({ id: "Film" });
export type Film = z.infer<typeof Film>;

/** Preview images of a file: names of files in the same folder. */
export const Preview = z
  .object({
    poster: z.string().optional(),
    /** An image with many thumbnails, and the WebVTT file with the time of each. */
    thumbnails: z.object({ image: z.string(), track: z.string() }).optional(),
    waveform: z.string().optional(),
  })
  .meta({ id: "Preview" });
export type Preview = z.infer<typeof Preview>;

/** Chat messages sent through data channels: names of files in the same folder. */
export const Chat = z.object({ messages: z.string(), subtitles: z.string() }).meta({ id: "Chat" });
export type Chat = z.infer<typeof Chat>;

/**
 * The audio of a call in segments of some seconds: in the folder `audio` next to this file, listed in its index.jsonl.
 */
const liveAudio = z.object({
  per: z.enum(["leg", "call"]),
  format: z.enum(["opus", "pcm"]),
  segmentSeconds: z.int(),
  /** Number of segments; set after the end of the call. */
  segments: z.int().optional(),
});

/** Live streaming of a call. */
export const Live = z
  .object({
    outputs: z.array(z.enum(["hls", "dash", "audio"])),
    startedAt: instant,
    endedAt: instant.nullable(),
    audio: liveAudio.optional(),
    /** Servers that the stream is pushed to, by name. */
    pushes: z
      .record(
        z.string(),
        z.object({ state: z.enum(["connecting", "pushing", "waiting"]), reason: z.string().optional() }),
      )
      .optional(),
  })
  .meta({ id: "Live" });
export type Live = z.infer<typeof Live>;

/** `call.json`: all data of a call. */
export const Manifest = z.object({
  version: z.literal(MANIFEST_VERSION),
  id: z
    .string()
    .regex(CALL_ID)
    .transform((id) => id as CallId),
  /** The `metadata.call` that the legs of this call share. */
  key: z.string().nullable(),
  startedAt: instant,
  legs: z.array(ManifestLeg),
  film: Film.optional(),
  /** By the name of the file that each preview belongs to. */
  previews: z.record(z.string(), Preview).optional(),
  chat: Chat.optional(),
  live: Live.optional(),
});

export type Manifest = z.infer<typeof Manifest>;
export const LEG_STATES = ["ringing", "preparing", "connecting", "recording", "finalising", "ready", "failed"] as const;
