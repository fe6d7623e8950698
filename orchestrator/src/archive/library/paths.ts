import { join } from "node:path";
import { type CallId, isRecorderId, type JobId, type LegId, type RecorderId, timeOf } from "../../ids.ts";
import type { Kind } from "./manifest.ts";

/**
 * The only place that turns ids into paths. Ids are generated here: input from callers never becomes part of a path.
 */
export class Paths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get spool(): string {
    return join(this.root, "spool");
  }

  get calls(): string {
    return join(this.root, "calls");
  }

  get tokens(): string {
    return join(this.root, "state", "peers.json");
  }

  get chatConnections(): string {
    return join(this.root, "state", "chat.json");
  }

  get webhooks(): string {
    return join(this.root, "state", "webhooks");
  }

  get jobs(): string {
    return join(this.root, "state", "jobs");
  }

  job(id: JobId): string {
    return join(this.jobs, `${id}.json`);
  }

  upload(id: CallId): string {
    return join(this.root, "state", "uploads", `${id}.json`);
  }

  get live(): string {
    return join(this.root, "live");
  }

  /** Segments and playlists of a call's live stream. */
  liveFolder(id: CallId): string {
    return join(this.root, this.liveName(id));
  }

  /** The same, relative to the volume. */
  liveName(id: CallId): string {
    return `live/${id}`;
  }

  /** Live audio segments of a call; part of its folder, and stored with it. */
  audioFolder(id: CallId): string {
    return join(this.root, this.audioName(id));
  }

  /** The same, relative to the volume. */
  audioName(id: CallId): string {
    return `calls/${this.callName(id)}/audio`;
  }

  /** The plan file of a job, with its exact instructions. */
  plan(id: JobId): string {
    return join(this.spool, `${id}.plan.part`);
  }

  /** The output file of a job. */
  composed(id: JobId, format: string): string {
    return join(this.spool, `${id}.${format}.part`);
  }

  /** calls/yyyy/mm/dd/callId, by the UTC date of the call's start. */
  call(id: CallId): string {
    return join(this.calls, this.callName(id));
  }

  /** The same, relative to `calls`. */
  callName(id: CallId): string {
    const [day = ""] = timeOf(id).toISOString().split("T");
    return [...day.split("-"), id].join("/");
  }

  manifest(id: CallId): string {
    return join(this.call(id), "call.json");
  }

  recording(call: CallId, name: string): string {
    return join(this.call(call), name);
  }

  track(recorder: RecorderId, kind: Kind): string {
    return join(this.root, trackFile(recorder, kind));
  }

  assembled(recorder: RecorderId, format: string): string {
    return join(this.spool, `${recorder}.${format}.part`);
  }

  assembledTrack(recorder: RecorderId, kind: Kind, format: string): string {
    return join(this.spool, `${recorder}.alone.${kind}.${format}.part`);
  }

  /** The assembly order that a recorder reads. */
  order(recorder: RecorderId): string {
    return join(this.spool, `${recorder}.order.part`);
  }
}

/** Path of a track that is being recorded, relative to the volume. */
export const trackFile = (recorder: RecorderId, kind: Kind): string => `spool/${recorder}.${kind}.mkv.part`;

/** Name of the n-th file of a leg: `leg_….webm`, `leg_…-2.webm` and so on. */
export const recordingName = (leg: LegId, format: string, number = 1): string => `${numbered(leg, number)}.${format}`;

const numbered = (leg: LegId, number: number): string => (number === 1 ? leg : `${leg}-${number}`);

export const filmName = (format: string): string => `film.${format}`;

/** The chat messages of a call, and the same as subtitles for its film. */
export const CHAT_FILE = "chat.jsonl";
export const CHAT_SUBTITLES = "chat.vtt";

/** Entry points for players of live streams. */
export const LIVE_PLAYLIST = "index.m3u8";
export const LIVE_MANIFEST = "manifest.mpd";

/** List of the segments in `audioFolder`, written by services/live. */
export const AUDIO_INDEX = "index.jsonl";

/** Preview images of a recording or a film. */
export const PREVIEW_IMAGES = ["poster.jpg", "thumbnails.jpg", "waveform.png"] as const;
export type PreviewImage = (typeof PREVIEW_IMAGES)[number];

/** Stored next to the previewed file: `leg_….webm` has `leg_….poster.jpg`. */
export const previewName = (file: string, part: PreviewImage | "thumbnails.vtt"): string =>
  `${file.slice(0, file.lastIndexOf("."))}.${part}`;

/** Whether a spool file contains a single track of an assembled recording. */
export const isSeparateTrack = (name: string): boolean => name.split(".")[1] === "alone";

/** File names of single tracks, as in the article that this project follows. */
export const trackName = (leg: LegId, kind: Kind, format: string, number = 1): string =>
  `${numbered(leg, number)}-${kind}.${format}`;

/** The recorder that a spool file belongs to; undefined for other files. */
export function recorderIdOfFile(name: string): RecorderId | undefined {
  const [id = ""] = name.split(".");
  return /\.part(\.tmp)?$/.test(name) && isRecorderId(id) ? id : undefined;
}

/** Whether a spool file is a raw track, not an assembled file. */
export const isTrack = (name: string): boolean => name.endsWith(".mkv.part") && name.split(".").length === 4;
