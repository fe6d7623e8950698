import { LogLevel, Port, unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import { MOST_RECORDERS } from "@skyway-call-recorder/process/recorderLimit.ts";
import { z } from "zod";

/** Environment variables, set by the Compose file. They define which containers the guard allows. */
const schema = z.object({
  PORT: Port.default(2375),
  METRICS_PORT: Port.default(9323),
  LOG_LEVEL: LogLevel.default("info"),
  DOCKER_SOCKET: z.string().startsWith("/").default("/var/run/docker.sock"),
  COMPOSE_PROJECT_NAME: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  RECORDER_IMAGE: z.string().min(1),
  TRANSCODER_IMAGE: z.string().min(1),
  RECORDER_NETWORK: z.string().min(1),
  // What the orchestrator may use follows from its settings.
  CONFIG_FILE: z.string().optional(),
  MAX_CONCURRENT_RECORDERS: unlessEmpty(z.coerce.number().int().min(1).max(MOST_RECORDERS).optional()),
  // Set by compose/storage.yml.
  UPLOADER_IMAGE: z.string().optional(),
  UPLOADER_NETWORK: z.string().optional(),
  UPLOADER_CONFIGURATION: z.string().optional(),
  // Set by compose/live.yml.
  LIVE_IMAGE: z.string().optional(),
  LIVE_NETWORK: z.string().optional(),
});

export interface Configuration {
  port: number;
  metricsPort: number;
  logLevel: LogLevel;
  socketPath: string;
  project: string;
  recorderImage: string;
  transcoderImage: string;
  recorderNetwork: string;
  /** The orchestrator's configuration file. */
  configFile: string | undefined;
  maxConcurrentRecorders: number | undefined;
  /** undefined if uploads are disabled. */
  uploader: { image: string; network: string; configuration: string } | undefined;
  /** undefined if live streams are disabled. */
  live: { image: string; network: string } | undefined;
}

/**
 * @throws Error that names every missing or invalid variable.
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(problems.join("; "));
  }
  const values = parsed.data;
  const { UPLOADER_IMAGE: image, UPLOADER_NETWORK: network, UPLOADER_CONFIGURATION: configuration } = values;
  const { LIVE_IMAGE: liveImage, LIVE_NETWORK: liveNetwork } = values;
  return {
    port: values.PORT,
    metricsPort: values.METRICS_PORT,
    logLevel: values.LOG_LEVEL,
    socketPath: values.DOCKER_SOCKET,
    project: values.COMPOSE_PROJECT_NAME,
    recorderImage: values.RECORDER_IMAGE,
    transcoderImage: values.TRANSCODER_IMAGE,
    recorderNetwork: values.RECORDER_NETWORK,
    configFile: values.CONFIG_FILE,
    maxConcurrentRecorders: values.MAX_CONCURRENT_RECORDERS,
    uploader: image && network && configuration ? { image, network, configuration } : undefined,
    live: liveImage && liveNetwork ? { image: liveImage, network: liveNetwork } : undefined,
  };
}
