import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { UploaderSettings } from "../follow-up/upload/uploadKind.ts";
import type { Endpoint } from "../outside/webhooks/endpoint.ts";
import type { JanusAddress } from "../recording/gateway/janus/janusGateway.ts";
import { readWebhooks } from "./readWebhooks.ts";
import { ConfigurationFile, Environment } from "./schema.ts";

type File = z.infer<typeof ConfigurationFile>;

export interface Configuration extends Omit<File, "peers" | "upload" | "webhooks"> {
  peers: readonly string[];
  apiKey: string;
  /** Required by the API; undefined if the API is open, which is allowed on loopback only. */
  apiToken: string | undefined;
  /** Addresses and networks of the reverse proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  port: number;
  /** Its host name may resolve to several addresses, with one gateway at each. */
  gatewayUrl: string;
  /** The port that gateways bind in their containers. */
  gatewayMediaPort: number;
  /** The Janus server whose publishers are recorded, instead of our own gateway; undefined without compose/janus.yml. */
  janus: JanusAddress | undefined;
  signalingUrl: string;
  /** Compose project; our containers carry it as a label. */
  project: string;
  recorderImage: string;
  transcoderImage: string;
  recorderNetwork: string;
  /** Where the recordings volume is mounted in this container. */
  recordingsFolder: string;
  /** What recorders mount there: a volume name or a host folder. If not set, it is read from our own container's mounts. */
  recordingsSource: string | undefined;
  webhooks: readonly Endpoint[];
  /** undefined if nothing is uploaded. */
  upload: UploaderSettings | undefined;
  /** Contains the `live` command; undefined if live streams are disabled. */
  liveImage: string | undefined;
  /** The network through which live streams reach external servers. */
  liveNetwork: string | undefined;
}

/** Lists all errors in the configuration in one message, each with its location. */
export class ConfigurationError extends Error {
  constructor(mistakes: readonly string[]) {
    super(`the configuration has ${mistakes.length === 1 ? "an error" : "errors"}: ${mistakes.join("; ")}`);
    this.name = "ConfigurationError";
  }
}

/**
 * Environment variables override the file; the file overrides the defaults.
 *
 * @throws ConfigurationError with all errors of both.
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const mistakes: string[] = [];
  const variables = parse(Environment, environment, mistakes);
  const path = environment["CONFIG_FILE"];
  const file = parse(ConfigurationFile, path ? readYaml(path, mistakes) : {}, mistakes, path && basename(path));
  const webhooks = variables && file ? readWebhooks(file.webhooks, variables, mistakes) : [];
  const upload = variables && file ? readUpload(file, variables, mistakes) : undefined;
  const live = file && { ...file.live, outputs: variables?.LIVE_OUTPUTS ?? file.live.outputs };
  if (live && live.outputs.length + live.push.length > 0 && !variables?.LIVE_IMAGE) {
    mistakes.push("live: live streams need compose/live.yml");
  }
  if (variables?.JANUS_URL && !variables.JANUS_SECRET) mistakes.push("JANUS_SECRET: is required with JANUS_URL");
  if (!variables || !file || !live || mistakes.length > 0) throw new ConfigurationError(mistakes);
  return {
    ...file,
    peers: peersOf(variables, file),
    maxConcurrentRecorders: variables.MAX_CONCURRENT_RECORDERS ?? file.maxConcurrentRecorders,
    logLevel: variables.LOG_LEVEL ?? file.logLevel,
    apiKey: variables.SKYWAY_API_KEY,
    apiToken: variables.API_TOKEN,
    trustedProxies: variables.TRUSTED_PROXIES,
    port: variables.PORT,
    gatewayUrl: variables.GATEWAY_URL,
    gatewayMediaPort: variables.GATEWAY_MEDIA_PORT,
    janus: readJanus(variables),
    signalingUrl: variables.SIGNALING_URL,
    project: variables.COMPOSE_PROJECT_NAME,
    recorderImage: variables.RECORDER_IMAGE,
    transcoderImage: variables.TRANSCODER_IMAGE,
    recorderNetwork: variables.RECORDER_NETWORK,
    recordingsFolder: variables.RECORDINGS_FOLDER,
    recordingsSource: variables.RECORDINGS_SOURCE,
    webhooks,
    upload,
    live,
    liveImage: variables.LIVE_IMAGE,
    liveNetwork: variables.LIVE_NETWORK,
  };
}

function readJanus({ JANUS_URL, JANUS_SECRET, JANUS_PIN }: z.infer<typeof Environment>): JanusAddress | undefined {
  return JANUS_URL === undefined ? undefined : { url: JANUS_URL, secret: JANUS_SECRET, pin: JANUS_PIN };
}

/** With Janus, a caller joins a room instead of calling a peer. */
function peersOf({ JANUS_URL, JANUS_ROOMS, RECORDER_PEER_ID }: z.infer<typeof Environment>, { peers }: File) {
  if (JANUS_URL !== undefined) return JANUS_ROOMS;
  return RECORDER_PEER_ID ? [RECORDER_PEER_ID] : peers;
}

function readUpload(
  { upload }: File,
  variables: z.infer<typeof Environment>,
  mistakes: string[],
): UploaderSettings | undefined {
  const remote = variables.UPLOAD_REMOTE ?? upload.remote;
  if (remote === "") return undefined;
  const { UPLOADER_IMAGE: image, UPLOADER_NETWORK: network, UPLOADER_CONFIGURATION: configuration } = variables;
  if (image && network && configuration) {
    return {
      image,
      network,
      configuration,
      remote,
      fallback: variables.UPLOAD_FALLBACK ?? (upload.fallback || undefined),
    };
  }
  mistakes.push("upload.remote: uploads need compose/storage.yml");
  return undefined;
}

function readYaml(path: string, mistakes: string[]): unknown {
  try {
    const document = parseDocument(readFileSync(path, "utf8"));
    for (const error of document.errors) mistakes.push(`${basename(path)}: ${error.message.split("\n")[0]}`);
    return document.toJS() ?? {};
  } catch (error) {
    mistakes.push(`${basename(path)}: ${error instanceof Error ? error.message : error}`);
    return {};
  }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  mistakes: string[],
  source?: string,
): z.infer<Schema> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = source ? `${source}: ` : "";
  for (const issue of parsed.error.issues) {
    const path = z.core.toDotPath(issue.path as PropertyKey[]);
    mistakes.push(`${where}${path ? `${path}: ` : ""}${issue.message}`);
  }
  return undefined;
}
