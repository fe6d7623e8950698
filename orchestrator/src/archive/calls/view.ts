import { z } from "zod";
import {
  Chat,
  Film,
  LEG_STATES,
  LegNote,
  type LegState,
  Live,
  type Manifest,
  type ManifestLeg,
  Preview,
  RecordingFile,
} from "../library/manifest.ts";
import { AUDIO_INDEX, LIVE_MANIFEST, LIVE_PLAYLIST } from "../library/paths.ts";

/** One of the files of a leg that has rolled over. */
const FileView = z.object({
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** Why it ended: `max_duration` or `max_size`; for the last file, the reason of its leg. */
  reason: z.string(),
  /** Missing while it is being finished, and if it could not be stored. */
  file: RecordingFile.optional(),
  trackFiles: z.array(RecordingFile).optional(),
  gapSeconds: z.number().optional(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
});

/** A leg as the API shows it. */
export const LegView = z
  .object({
    id: z.string(),
    peerId: z.string(),
    metadata: z.unknown(),
    state: z.enum(LEG_STATES),
    /** The recorder called the peer. */
    dialled: z.literal(true).optional(),
    /** It has further tracks of the caller of this leg, such as a screen beside the camera. */
    beside: z.string().optional(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    reason: z.string().optional(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
    /** How its tracks are synchronised: by the gateway's clock, or each from its first packet. */
    placedBy: z.enum(["clock", "first_packet"]).optional(),
    /** For a leg that has rolled over, the first of `files`. */
    file: RecordingFile.optional(),
    trackFiles: z.array(RecordingFile).optional(),
    /** For a leg that has rolled over: its files in chronological order, each as soon as its recording has ended. */
    files: z.array(FileView).optional(),
    /** Earlier parts, whose recorders were lost; the file contains all of them. */
    parts: z.array(z.object({ endedAt: z.iso.datetime(), reason: z.string() })).optional(),
    gapSeconds: z.number().optional(),
    /** What the recording lacks, and what was offered and is not recorded. Missing if nothing is known to be missing. */
    notes: z.array(LegNote).optional(),
  })
  .meta({ id: "Leg" });
export type LegView = z.infer<typeof LegView>;

/** Paths at this origin where a running call, and for a while an ended one, can be watched. */
const LiveView = Live.extend({
  /** Missing if only audio segments are produced. */
  page: z.string().optional(),
  /** HLS, RFC 8216. */
  playlist: z.string().optional(),
  /** DASH, ISO/IEC 23009-1. */
  manifest: z.string().optional(),
  /** The list of `audio` segments, JSON lines (`AudioSegment`); the segments are in the same folder. */
  audioIndex: z.string().optional(),
});

/** A call as the API shows it. */
export const CallView = z
  .object({
    id: z.string(),
    state: z.enum(LEG_STATES),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    legs: z.array(LegView),
    film: Film.optional(),
    /** By the name of the file that each preview belongs to. */
    previews: z.record(z.string(), Preview).optional(),
    chat: Chat.optional(),
    live: LiveView.optional(),
  })
  .meta({ id: "Call" });
export type CallView = z.infer<typeof CallView>;

export const isOver = (state: LegState): boolean => state === "ready" || state === "failed";

export function viewOf(manifest: Manifest): CallView {
  const legs = manifest.legs.map(legView);
  return {
    id: manifest.id,
    state: callState(manifest.legs),
    startedAt: manifest.startedAt,
    endedAt: callEnd(manifest.legs),
    legs,
    ...(manifest.film && { film: manifest.film }),
    ...(manifest.previews && { previews: manifest.previews }),
    ...(manifest.chat && { chat: manifest.chat }),
    ...(manifest.live && { live: liveView(manifest.id, manifest.live) }),
  };
}

function liveView(id: string, live: Live): z.infer<typeof LiveView> {
  const file = (name: string) => `/api/calls/${id}/live/${name}`;
  return {
    ...live,
    ...(live.outputs.some((output) => output !== "audio") && { page: `/live/${id}` }),
    ...(live.outputs.includes("hls") && { playlist: file(LIVE_PLAYLIST) }),
    ...(live.outputs.includes("dash") && { manifest: file(LIVE_MANIFEST) }),
    ...(live.audio && { audioIndex: `/api/calls/${id}/audio/${AUDIO_INDEX}` }),
  };
}

/** `recording` if any leg is; otherwise the state of the newest running leg; after the end, `ready` if any leg is. */
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
    ...(leg.dialled && { dialled: true }),
    ...(leg.beside && { beside: leg.beside }),
    ...("reason" in leg && leg.reason !== undefined && { reason: leg.reason }),
    ...("error" in leg && leg.error && { error: leg.error }),
    ...("parts" in leg && leg.parts && { parts: leg.parts.map(({ endedAt, reason }) => ({ endedAt, reason })) }),
    ...("gapSeconds" in leg && leg.gapSeconds !== undefined && { gapSeconds: leg.gapSeconds }),
    ...("placedBy" in leg && leg.placedBy && { placedBy: leg.placedBy }),
    ...("file" in leg && { file: leg.file }),
    ...("trackFiles" in leg && leg.trackFiles && { trackFiles: leg.trackFiles }),
    ...("files" in leg && leg.files && { files: leg.files.map((file) => FileView.parse(file)) }),
    ...(leg.notes && { notes: leg.notes }),
  };
}
