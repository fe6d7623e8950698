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
  /** Of the sender; what a later part of the track is placed by. */
  firstRtpTimestamp: z.number().optional(),
  firstUnixMs: z.number(),
  rate: z.number(),
  source: z.enum(["arrival", "sender_report"]),
});

/** One track as the gateway saw it: where it lies on its clock, and what became of its packets. */
const track = z.object({ kind, clock: clock.nullable(), counters: z.record(z.string(), z.number().nullable()) });

/** What an earlier recorder of a leg has recorded, until it was lost and another took over. */
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

const failure = z.object({ code: z.string(), message: z.string(), hint: z.string() });

/** One of the files of a leg that has rolled over from one into the next. */
const legFile = z.object({
  recorderId: z.string().transform((id) => id as RecorderId),
  tracks: z.array(track),
  parts: z.array(part).optional(),
  startedAt: instant,
  endedAt: instant,
  reason: z.string(),
  /** Once it is kept; until then it is being finished, or there is an error. */
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
  /** Missing until the gateway has called, where it is us who call. */
  mediaConnectionId: mediaConnectionId.optional(),
  ringingAt: instant,
  /** It is us who call, and the peer has so long to answer. */
  dialled: z.object({ answerWithinSeconds: z.int() }).optional(),
};

const recorded = {
  ...base,
  mediaConnectionId,
  recorderId: z.string().transform((id) => id as RecorderId),
  codecs: z.object({ audio: codec.optional(), video: codec.optional() }),
  tracks: z.array(track),
  /**
   * How its tracks lie to each other in its file: by the gateway's clock; or both begin with the first packet that was
   * redirected, because the gateway tells no times (Janus, the official one). Known once it has ended.
   */
  placedBy: z.enum(["clock", "first_packet"]).optional(),
  /** Earlier ones; the leg's own recorder is that of the last. */
  parts: z.array(part).optional(),
  /** Of a leg that has rolled over: the files before the one that is being recorded; all of them in the end. */
  files: z.array(legFile).optional(),
  /** The leg is about to roll over to this recorder, or has done so a moment ago. */
  next: z.object({ recorderId: z.string().transform((id) => id as RecorderId), reason: z.string() }).optional(),
};

/** A leg in each of its states, with what is known in that state. */
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
    /** The only one, or the first of `files`. */
    file: RecordingFile,
    /** The same, one track each, where the operator wants them. */
    trackFiles: z.array(RecordingFile).optional(),
    /** Media that is missing between parts. */
    gapSeconds: z.number().optional(),
    /** What went wrong on the way, though there is a recording. */
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

/** The recordings of a call in one file. */
export const Film = z
  .object({
    file: RecordingFile,
    /** Whose recordings are in it. */
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

/** Images by which one can tell what is in a file before playing it: names of files beside it. */
export const Preview = z
  .object({
    poster: z.string().optional(),
    /** An image of many small ones, and the WebVTT that says which of them is shown when. */
    thumbnails: z.object({ image: z.string(), track: z.string() }).optional(),
    waveform: z.string().optional(),
  })
  .meta({ id: "Preview" });
export type Preview = z.infer<typeof Preview>;

/** What was written in a call by data channels: names of files beside this one. */
export const Chat = z.object({ messages: z.string(), subtitles: z.string() }).meta({ id: "Chat" });
export type Chat = z.infer<typeof Chat>;

/** What was said in a call, in files of some seconds: in the folder `audio` beside this file, listed in its index.jsonl. */
const liveAudio = z.object({
  per: z.enum(["leg", "call"]),
  format: z.enum(["opus", "pcm"]),
  segmentSeconds: z.int(),
  /** How many there are, once the call is over. */
  segments: z.int().optional(),
});

/** How a call was shown while it went on. */
export const Live = z
  .object({
    outputs: z.array(z.enum(["hls", "dash", "audio"])),
    startedAt: instant,
    endedAt: instant.nullable(),
    audio: liveAudio.optional(),
    /** Servers that it is being handed to, by their names. */
    pushes: z
      .record(
        z.string(),
        z.object({ state: z.enum(["connecting", "pushing", "waiting"]), reason: z.string().optional() }),
      )
      .optional(),
  })
  .meta({ id: "Live" });
export type Live = z.infer<typeof Live>;

/** `call.json`: all that is known of a call. */
export const Manifest = z.object({
  version: z.literal(MANIFEST_VERSION),
  id: z
    .string()
    .regex(CALL_ID)
    .transform((id) => id as CallId),
  /** What legs of this call have in common: their `metadata.call`. */
  key: z.string().nullable(),
  startedAt: instant,
  legs: z.array(ManifestLeg),
  film: Film.optional(),
  /** By the name of the file that they are of. */
  previews: z.record(z.string(), Preview).optional(),
  chat: Chat.optional(),
  live: Live.optional(),
});

export type Manifest = z.infer<typeof Manifest>;
export const LEG_STATES = ["ringing", "preparing", "connecting", "recording", "finalising", "ready", "failed"] as const;
