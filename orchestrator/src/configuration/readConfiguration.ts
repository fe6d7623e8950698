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
  /** What the API asks for; undefined where it is open, which is on loopback only. */
  apiToken: string | undefined;
  port: number;
  /** The host may have several addresses: a gateway at each. */
  gatewayUrl: string;
  /** That gateways bind, in their containers. */
  gatewayMediaPort: number;
  /** Whose rooms' publishers are recorded, in the place of our gateway; undefined without compose/janus.yml. */
  janus: JanusAddress | undefined;
  signalingUrl: string;
  /** Compose project; containers of ours carry it as a label. */
  project: string;
  recorderImage: string;
  recorderNetwork: string;
  /** Where the recordings volume is mounted here. */
  recordingsFolder: string;
  /** What recorders mount there: a volume's name or a folder of the host. Found by looking at our own container. */
  recordingsSource: string | undefined;
  webhooks: readonly Endpoint[];
  /** undefined where nothing is uploaded. */
  upload: UploaderSettings | undefined;
  /** With the `live` command; undefined where no call is shown live. */
  liveImage: string | undefined;
  /** Where live streams reach servers elsewhere. */
  liveNetwork: string | undefined;
}

/** Everything that is wrong with the configuration, in one message, each mistake with its place. */
export class ConfigurationError extends Error {
  constructor(mistakes: readonly string[]) {
    super(`the configuration has ${mistakes.length === 1 ? "a mistake" : "mistakes"}: ${mistakes.join("; ")}`);
    this.name = "ConfigurationError";
  }
}

/**
 * The environment wins over the file, the file over the defaults.
 *
 * @throws ConfigurationError with all mistakes of both.
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
    mistakes.push("live: without compose/live.yml no call can be shown live");
  }
  if (variables?.JANUS_URL && !variables.JANUS_SECRET) mistakes.push("JANUS_SECRET: is needed with JANUS_URL");
  if (!variables || !file || !live || mistakes.length > 0) throw new ConfigurationError(mistakes);
  return {
    ...file,
    peers: peersOf(variables, file),
    maxConcurrentRecorders: variables.MAX_CONCURRENT_RECORDERS ?? file.maxConcurrentRecorders,
    logLevel: variables.LOG_LEVEL ?? file.logLevel,
    apiKey: variables.SKYWAY_API_KEY,
    apiToken: variables.API_TOKEN,
    port: variables.PORT,
    gatewayUrl: variables.GATEWAY_URL,
    gatewayMediaPort: variables.GATEWAY_MEDIA_PORT,
    janus: readJanus(variables),
    signalingUrl: variables.SIGNALING_URL,
    project: variables.COMPOSE_PROJECT_NAME,
    recorderImage: variables.RECORDER_IMAGE,
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

/** With Janus, a room is what is called to be recorded. */
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
  mistakes.push("upload.remote: without compose/storage.yml nothing can be uploaded");
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
