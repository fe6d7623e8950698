import { join } from "node:path";
import { type CallId, isRecorderId, type JobId, type LegId, type RecorderId, timeOf } from "../../ids.ts";
import type { Kind } from "../../recording/recorders/codecs.ts";

/** The only place that turns an id into a path. Ids are ours: what a caller sends never becomes one. */
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

  /** Segments and playlists of a call that is shown while it goes on. */
  liveFolder(id: CallId): string {
    return join(this.root, this.liveName(id));
  }

  /** The same below the volume. */
  liveName(id: CallId): string {
    return `live/${id}`;
  }

  /** The sound of a call that goes on, in files of some seconds: part of its folder, and kept with it. */
  audioFolder(id: CallId): string {
    return join(this.root, this.audioName(id));
  }

  /** The same below the volume. */
  audioName(id: CallId): string {
    return `calls/${this.callName(id)}/audio`;
  }

  /** What exactly a job is to do. */
  plan(id: JobId): string {
    return join(this.spool, `${id}.plan.part`);
  }

  /** What a job makes. */
  composed(id: JobId, format: string): string {
    return join(this.spool, `${id}.${format}.part`);
  }

  /** calls/yyyy/mm/dd/callId, by the UTC day on which the call began. */
  call(id: CallId): string {
    return join(this.calls, this.callName(id));
  }

  /** The same below `calls`. */
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

  /** Where a recorder looks for what is to be made of its tracks. */
  order(recorder: RecorderId): string {
    return join(this.spool, `${recorder}.order.part`);
  }
}

/** A track that is being recorded, below the volume. */
export const trackFile = (recorder: RecorderId, kind: Kind): string => `spool/${recorder}.${kind}.mkv.part`;

/** Of the n-th file of a leg: `leg_….webm`, `leg_…-2.webm` and so on. */
export const recordingName = (leg: LegId, format: string, number = 1): string => `${numbered(leg, number)}.${format}`;

const numbered = (leg: LegId, number: number): string => (number === 1 ? leg : `${leg}-${number}`);

export const filmName = (format: string): string => `film.${format}`;

/** What was written in a call, message by message, and the same as subtitles of its film. */
export const CHAT_FILE = "chat.jsonl";
export const CHAT_SUBTITLES = "chat.vtt";

/** What players of live streams begin with. */
export const LIVE_PLAYLIST = "index.m3u8";
export const LIVE_MANIFEST = "manifest.mpd";

/** The list of what is in `audioFolder`, as services/live writes it. */
export const AUDIO_INDEX = "index.jsonl";

/** Images that are made of a recording or a film. */
export const PREVIEW_IMAGES = ["poster.jpg", "thumbnails.jpg", "waveform.png"] as const;
export type PreviewImage = (typeof PREVIEW_IMAGES)[number];

/** Beside the file that it is of: `leg_….webm` has `leg_….poster.jpg`. */
export const previewName = (file: string, part: PreviewImage | "thumbnails.vtt"): string =>
  `${file.slice(0, file.lastIndexOf("."))}.${part}`;

/** A file of the spool that holds one track of what is assembled besides. */
export const isSeparateTrack = (name: string): boolean => name.split(".")[1] === "alone";

/** The article's names. */
export const trackName = (leg: LegId, kind: Kind, format: string, number = 1): string =>
  `${numbered(leg, number)}-${kind}.${format}`;

/** Whose file of the spool this is; undefined for what is none of ours. */
export function recorderIdOfFile(name: string): RecorderId | undefined {
  const [id = ""] = name.split(".");
  return /\.part(\.tmp)?$/.test(name) && isRecorderId(id) ? id : undefined;
}

/** Whether a file of the spool is a raw track, and not what was made of tracks. */
export const isTrack = (name: string): boolean => name.endsWith(".mkv.part") && name.split(".").length === 4;
