import { readFile, stat } from "node:fs/promises";
import { z } from "zod";

const TRACK_FILE = /^spool\/[A-Za-z0-9][A-Za-z0-9_-]*\.(audio|video)\.mkv\.part$/;

const Track = z.strictObject({
  kind: z.enum(["audio", "video"]),
  /** Below the recordings volume, still growing. */
  file: z.string().regex(TRACK_FILE),
  /** When its first packet was sent, Unix milliseconds. */
  startUnixMs: z.number(),
  /** Seconds for each second of its timestamps. */
  rate: z.number().min(0.9).max(1.1),
});
export type Track = z.infer<typeof Track>;

const Participant = z.strictObject({ id: z.string(), tracks: z.array(Track).max(2) });
export type Participant = z.infer<typeof Participant>;

/** Nothing that ends a line of ffmpeg's options. */
const option = z.string().regex(/^[\x21-\x7e]{1,512}$/);

/** A server that the stream is handed to. What is secret about it is in the options. */
const PushTarget = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  url: z.string().regex(/^(rtmps?|srt):\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._/-]*)?$/),
  format: z.enum(["flv", "mpegts"]),
  /** Of rtmps only. */
  verifyCertificate: z.boolean().optional(),
  options: z.partialRecord(z.enum(["rtmp_app", "rtmp_playpath", "streamid", "passphrase"]), option),
});
export type PushTarget = z.infer<typeof PushTarget>;

export const OUTPUTS = ["hls", "dash", "audio"] as const;

/** The output `audio`: sound in files of some seconds. */
const AudioOrder = z.strictObject({
  /** Below the recordings volume. */
  folder: z.string().regex(/^calls\/\d{4}\/\d{2}\/\d{2}\/call_[0-9a-z]{19}\/audio$/),
  /** Files of everybody's own, or of all together. */
  per: z.enum(["leg", "call"]),
  /** Ogg Opus, or WAV with 16 bits a sample. */
  format: z.enum(["opus", "pcm"]),
  segmentSeconds: z.int().min(1).max(60),
  sampleRate: z.union([z.literal(16_000), z.literal(48_000)]),
});
export type AudioOrder = z.infer<typeof AudioOrder>;

/** What a live stream is to be, and who is in it at the moment. The orchestrator writes it anew whenever that changes. */
export const Plan = z
  .strictObject({
    version: z.literal(1),
    /** Below the recordings volume. */
    folder: z.string().regex(/^live\/call_[0-9a-z]{19}$/),
    outputs: z.array(z.enum(OUTPUTS)),
    pushes: z.array(PushTarget).max(4),
    width: z.int().min(160).max(1920).multipleOf(4),
    height: z.int().min(90).max(1080).multipleOf(4),
    frameRate: z.int().min(5).max(30),
    videoKbps: z.int().min(100).max(20_000),
    audioKbps: z.int().min(32).max(320),
    audio: AudioOrder.optional(),
    participants: z.array(Participant),
    /** When the last of them has left; null while the call goes on. Unix milliseconds. */
    endedUnixMs: z.number().nullable(),
  })
  .refine(({ outputs, pushes }) => outputs.length + pushes.length > 0, "has nothing to make")
  .refine(
    ({ outputs, audio }) => outputs.includes("audio") === (audio !== undefined),
    "does not say what audio is to be",
  );
export type Plan = z.infer<typeof Plan>;

/** The orchestrator touches the plan every ten seconds, and may take a while to be started again. */
const ABANDONED_MS = 90_000;

/** The plan's file, as it is replaced again and again. */
export class PlanFile {
  readonly #path: string;
  #version = "";
  /** When it was last touched, Unix milliseconds. */
  #touchedMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether there is nobody any more who would say that the call is over. */
  get isAbandoned(): boolean {
    return Date.now() - this.#touchedMs > ABANDONED_MS;
  }

  /**
   * @returns undefined when it is what it was.
   * @throws Error when there is none, or it is not a plan.
   */
  async news(): Promise<Plan | undefined> {
    const { mtimeMs, ino, size } = await stat(this.#path);
    this.#touchedMs = mtimeMs;
    const version = `${mtimeMs} ${ino} ${size}`;
    if (version === this.#version) return undefined;
    const plan = Plan.parse(JSON.parse(await readFile(this.#path, "utf8")));
    this.#version = version;
    return plan;
  }
}
