import { randomBytes } from "node:crypto";
import { commaSeparated, ListenPort, LogLevel, Port, unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import { defaultRecorderLimit, MOST_RECORDERS } from "@skyway-call-recorder/process/recorderLimit.ts";
import { z } from "zod";
import { FilmConfiguration } from "../follow-up/film/filmForm.ts";
import { LiveConfiguration, LiveForm } from "../follow-up/live/liveForm.ts";
import { PreviewConfiguration } from "../follow-up/previews/previewConfiguration.ts";
import { isLoopback } from "../outside/access/loopback.ts";
import { isAddressOrNetwork } from "../outside/access/trustedProxies.ts";
import { Webhook, WebhookUrl } from "./webhookSchema.ts";

/** For use without any configuration; signalling accepts it on loopback only. */
export const DEFAULT_API_KEY = "00000000-0000-4000-8000-000000000000";

const PEER_ID = /^[A-Za-z0-9_+.-](?:[A-Za-z0-9_+. -]{0,62}[A-Za-z0-9_+.-])?$/;
const API_KEY = /^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$/;

/** Codecs that browsers send and ffmpeg 7.1 can read from RTP. It cannot read AV1. */
export const VIDEO_CODECS = ["VP8", "VP9", "H264"] as const;
export const AUDIO_CODECS = ["opus", "PCMU", "PCMA"] as const;

const peerId = z
  .string()
  .regex(PEER_ID, "is not a peer id: 1 to 64 letters, digits, '-', '_', '.', '+' or spaces")
  .refine((id) => !/^\.+$/.test(id), "is not a peer id");

const distinct = <Item>(items: readonly Item[]) => new Set(items).size === items.length;

/** An rclone remote and a path in it. rclone's connection strings are refused because they contain secrets. */
const UploadRemote = z
  .string()
  .max(512)
  .regex(
    /^([A-Za-z0-9_][A-Za-z0-9_.+@-]*:[A-Za-z0-9_./@+=~ -]*)?$/,
    "is not an rclone remote and a path in it, such as s3:bucket/recordings",
  );

/** The configuration file. Every key has a default; an unknown key is an error. */
export const ConfigurationFile = z.strictObject({
  peers: z.array(peerId).min(1).refine(distinct, "contains a peer twice").default(["TestRecorder"]),
  maxConcurrentRecorders: z
    .int()
    .min(1)
    .max(MOST_RECORDERS)
    .default(() => defaultRecorderLimit()),
  maxConcurrentPerPeer: z.int().min(1).max(1_000).default(10),
  maxConcurrentPerCall: z.int().min(1).max(1_000).default(50),
  maxTracksPerLeg: z.int().min(1).max(64).default(4),
  leg: z
    .strictObject({
      idleSeconds: z.int().min(5).max(86_400).default(300),
      maxDurationSeconds: z.int().min(5).default(86_400),
      maxMebibytes: z.int().min(1).default(65_536),
    })
    .prefault({}),
  host: z
    .strictObject({
      minimumAvailableMebibytes: z.int().min(0).max(1_048_576).default(256),
      maximumCpuWaitMilliseconds: z.int().min(1).max(10_000).default(250),
    })
    .prefault({}),
  storage: z.strictObject({ minimumFreeMebibytes: z.int().min(16).max(1_048_576).default(1_024) }).prefault({}),
  retention: z
    .strictObject({
      days: z.number().min(0).max(36_500).default(0),
      gigabytes: z.number().min(0).max(1_000_000).default(0),
    })
    .prefault({}),
  video: z
    .strictObject({
      codecs: z
        .array(z.enum(VIDEO_CODECS))
        .min(1)
        .refine(distinct, "contains a codec twice")
        .default(["VP8", "VP9", "H264"]),
      h264Container: z.enum(["mkv", "mp4"]).default("mkv"),
    })
    .prefault({}),
  audio: z
    .strictObject({
      codecs: z
        .array(z.enum(AUDIO_CODECS))
        .min(1)
        .refine(distinct, "contains a codec twice")
        .default(["opus", "PCMU", "PCMA"]),
      transcode: z.enum(["none", "vorbis"]).default("none"),
    })
    .prefault({}),
  tracks: z.enum(["joined", "separate"]).default("joined"),
  bandwidth: z
    .strictObject({
      perLegKbps: z
        .int()
        .max(100_000)
        .refine((limit) => limit === 0 || limit >= 200, "is neither 0 (no limit) nor 200 or more")
        .default(0),
    })
    .prefault({}),
  recorder: z
    .strictObject({
      memoryMebibytes: z.int().min(64).max(2_048).default(256),
      cpus: z.number().min(0.1).max(4).default(1),
    })
    .prefault({}),
  upload: z.strictObject({ remote: UploadRemote.default(""), fallback: UploadRemote.default("") }).prefault({}),
  webhooks: z
    .array(Webhook)
    .max(20)
    .refine((all) => distinct(all.map(({ name, url }) => name ?? url)), "contains a receiver twice")
    .default([]),
  film: FilmConfiguration.prefault({}),
  previews: PreviewConfiguration.prefault({}),
  live: LiveConfiguration.prefault({}),
  jobs: z
    .strictObject({
      concurrent: z.int().min(1).max(16).default(1),
      whileRecordingAtMost: z.int().min(0).max(1_000).default(10),
      cpus: z.number().min(0.1).max(4).default(2),
      cpuShares: z.int().min(2).max(512).default(128),
      memoryMebibytes: z.int().min(256).max(2_048).default(1_024),
    })
    .prefault({}),
  logLevel: LogLevel.default("info"),
});

/** The environment that the Compose file sets. An empty variable counts as not set. */
export const Environment = z
  .object({
    BIND_ADDRESS: unlessEmpty(z.string().default("127.0.0.1")),
    API_TOKEN: unlessEmpty(
      z
        .string()
        .regex(
          /^[\x21-\x7e]{16,512}$/,
          "is not a token: 16 to 512 letters, digits and punctuation characters, without spaces",
        )
        .optional(),
    ),
    TRUSTED_PROXIES: unlessEmpty(
      z
        .string()
        .transform(commaSeparated)
        .pipe(z.array(z.string().refine(isAddressOrNetwork, "is not an IP address or network, such as 10.0.0.0/8")))
        .default([]),
    ),
    PORT: unlessEmpty(ListenPort.default(3000)),
    GATEWAY_URL: unlessEmpty(z.url().default("http://127.0.0.1:8000")),
    GATEWAY_MEDIA_PORT: unlessEmpty(Port.default(40_000)),
    JANUS_URL: unlessEmpty(z.url().optional()),
    JANUS_SECRET: unlessEmpty(z.string().min(16, "has fewer than 16 characters").default("")),
    JANUS_ROOMS: unlessEmpty(
      z
        .string()
        .default("1234")
        .transform(commaSeparated)
        .pipe(
          z
            .array(z.string().regex(/^[1-9][0-9]{0,14}$/, "is not a room number: 1 to 15 digits"))
            .refine(distinct, "contains a room twice"),
        ),
    ),
    JANUS_PIN: unlessEmpty(z.string().optional()),
    SIGNALING_URL: unlessEmpty(z.url().default("http://127.0.0.1:9000")),
    SKYWAY_API_KEY: unlessEmpty(
      z
        .string()
        .default(DEFAULT_API_KEY)
        .transform((keys) => keys.split(",")[0]?.trim() ?? "")
        .pipe(z.string().regex(API_KEY, "does not have the form 8-4-4-4-12 in lower-case letters and digits")),
    ),
    RECORDER_PEER_ID: unlessEmpty(peerId.optional()),
    MAX_CONCURRENT_RECORDERS: unlessEmpty(z.coerce.number().int().min(1).max(MOST_RECORDERS).optional()),
    LOG_LEVEL: unlessEmpty(LogLevel.optional()),
    COMPOSE_PROJECT_NAME: unlessEmpty(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]*$/)
        .default("skyway-call-recorder"),
    ),
    RECORDER_IMAGE: unlessEmpty(z.string().default("skyway-call-recorder/recorder:latest")),
    TRANSCODER_IMAGE: unlessEmpty(z.string().default("skyway-call-recorder/transcoder:latest")),
    RECORDER_NETWORK: unlessEmpty(z.string().default("container:skyway-call-recorder-recorder-network")),
    RECORDINGS_SOURCE: unlessEmpty(z.string().optional()),
    RECORDINGS_FOLDER: unlessEmpty(z.string().startsWith("/").default("/recordings")),
    UPLOAD_REMOTE: unlessEmpty(UploadRemote.optional()),
    UPLOAD_FALLBACK: unlessEmpty(UploadRemote.optional()),
    UPLOADER_IMAGE: unlessEmpty(z.string().optional()),
    UPLOADER_NETWORK: unlessEmpty(z.string().optional()),
    UPLOADER_CONFIGURATION: unlessEmpty(z.string().optional()),
    LIVE_IMAGE: unlessEmpty(z.string().optional()),
    LIVE_NETWORK: unlessEmpty(z.string().optional()),
    LIVE_OUTPUTS: unlessEmpty(z.string().transform(commaSeparated).pipe(LiveForm.shape.outputs.unwrap()).optional()),
    WEBHOOK_URL: unlessEmpty(WebhookUrl.optional()),
    WEBHOOK_SECRET: unlessEmpty(z.string().optional()),
    WEBHOOK_SECRET_FILE: unlessEmpty(z.string().optional()),
    CONFIG_FILE: unlessEmpty(z.string().optional()),
  })
  .superRefine(({ API_TOKEN, BIND_ADDRESS }, context) => {
    if (API_TOKEN !== undefined || BIND_ADDRESS.split(",").every(isLoopback)) return;
    context.addIssue({
      code: "custom",
      path: ["API_TOKEN"],
      message: `is required because BIND_ADDRESS is ${BIND_ADDRESS}: without a token, anybody who can reach this address can play every recording. Set it in .env to a secret, such as ${randomBytes(32).toString("base64url")}, or run ./scripts/up, which does this for you`,
    });
  });
