import { readFile, stat } from "node:fs/promises";
import { z } from "zod";

const TRACK_FILE = /^spool\/[A-Za-z0-9][A-Za-z0-9_-]*\.(audio|video)\.mkv\.part$/;

const Track = z.strictObject({
  kind: z.enum(["audio", "video"]),
  /** Path relative to the recordings volume. The file is still growing. */
  file: z.string().regex(TRACK_FILE),
  /** Send time of the first packet, Unix milliseconds. */
  startUnixMs: z.number(),
  /** Real seconds per second of the track's timestamps. */
  rate: z.number().min(0.9).max(1.1),
});
export type Track = z.infer<typeof Track>;

const Participant = z.strictObject({ id: z.string(), tracks: z.array(Track).max(2) });
export type Participant = z.infer<typeof Participant>;

/** Must not contain line breaks, which would end an option in ffmpeg's preset file. */
const option = z.string().regex(/^[\x21-\x7e]{1,512}$/);

/** A server to which the stream is pushed. Secrets are only in the options. */
const PushTarget = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  url: z.string().regex(/^(rtmps?|srt):\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._/-]*)?$/),
  format: z.enum(["flv", "mpegts"]),
  /** Only for rtmps. */
  verifyCertificate: z.boolean().optional(),
  options: z.partialRecord(z.enum(["rtmp_app", "rtmp_playpath", "streamid", "passphrase"]), option),
});
export type PushTarget = z.infer<typeof PushTarget>;

export const OUTPUTS = ["hls", "dash", "audio"] as const;

/** The output `audio`: audio in files of several seconds. */
const AudioOutput = z.strictObject({
  /** Path relative to the recordings volume. */
  folder: z.string().regex(/^calls\/\d{4}\/\d{2}\/\d{2}\/call_[0-9a-z]{19}\/audio$/),
  /** One series of files per leg, or one mix for the call. */
  per: z.enum(["leg", "call"]),
  /** Ogg Opus, or WAV with 16 bits per sample. */
  format: z.enum(["opus", "pcm"]),
  segmentSeconds: z.int().min(1).max(60),
  sampleRate: z.union([z.literal(16_000), z.literal(48_000)]),
});
export type AudioOutput = z.infer<typeof AudioOutput>;

/** Settings and current participants of a live stream. The orchestrator replaces the file whenever they change. */
export const Plan = z
  .strictObject({
    version: z.literal(1),
    /** Path relative to the recordings volume. */
    folder: z.string().regex(/^live\/call_[0-9a-z]{19}$/),
    outputs: z.array(z.enum(OUTPUTS)),
    pushes: z.array(PushTarget).max(4),
    width: z.int().min(160).max(1920).multipleOf(4),
    height: z.int().min(90).max(1080).multipleOf(4),
    frameRate: z.int().min(5).max(30),
    videoKbps: z.int().min(100).max(20_000),
    audioKbps: z.int().min(32).max(320),
    audio: AudioOutput.optional(),
    participants: z.array(Participant),
    /** When the last participant left; null while the call goes on. Unix milliseconds. */
    endedUnixMs: z.number().nullable(),
  })
  .refine(({ outputs, pushes }) => outputs.length + pushes.length > 0, "has neither outputs nor pushes")
  .refine(
    ({ outputs, audio }) => outputs.includes("audio") === (audio !== undefined),
    'must have `audio` if and only if outputs includes "audio"',
  );
export type Plan = z.infer<typeof Plan>;

/** The orchestrator touches the plan every ten seconds, and its restart may take a while. */
const ABANDONED_MS = 90_000;

/** The plan's file, which the orchestrator replaces during the call. */
export class PlanFile {
  readonly #path: string;
  #version = "";
  /** When it was last touched, Unix milliseconds. */
  #touchedMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether the orchestrator no longer touches the plan, so the end of the call would not be noticed. */
  get isAbandoned(): boolean {
    return Date.now() - this.#touchedMs > ABANDONED_MS;
  }

  /**
   * @returns undefined if the plan has not changed.
   * @throws Error if the file is missing or is not a valid plan.
   */
  async readIfChanged(): Promise<Plan | undefined> {
    const { mtimeMs, ino, size } = await stat(this.#path);
    this.#touchedMs = mtimeMs;
    const version = `${mtimeMs} ${ino} ${size}`;
    if (version === this.#version) return undefined;
    const plan = Plan.parse(JSON.parse(await readFile(this.#path, "utf8")));
    this.#version = version;
    return plan;
  }
}
