import { isIP } from "node:net";
import { LogLevel, Port, unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import { parse as parseToml, TomlError } from "smol-toml";
import { z } from "zod";
import { GatewayError } from "./errors.ts";
import { parseTurnUrl, type Relay, type TurnServer } from "./webrtc/relay.ts";

const MEBIBYTE = 1024 * 1024;
export const CONFIG_FILE = "config.toml";

export interface Configuration {
  apiPort: number;
  apiBindAddress: string;
  logLevel: LogLevel;
  signalingUrl: string;
  mediaPort: number;
  /** The UDP port that callers use. undefined: one port of a range; the orchestrator sends it later. */
  publishedPort: number | undefined;
  /** undefined: the address of the interface with the default route. */
  mediaBindAddress: string | undefined;
  /** Addresses announced to browsers, in addition to the media bind address. */
  announcedIps: string[];
  /** Limit for all callers together; undefined: no limit. */
  totalKbps: number | undefined;
  /** Memory of media that is held for a recorder, of all calls together. */
  heldMediaBytes: number;
  /** How long no program may have used a peer whose id another program gets. */
  unusedPeerMs: number;
  /** TURN servers that relay the callers' media; undefined: callers use the media port. */
  relay: Relay | undefined;
}

/** The format of the official gateway's file; other settings are rejected. */
const fileSchema = z.strictObject({
  general: z
    .strictObject({
      api_port: z.int().min(1025).max(65_535).default(8000),
      log_level: z.enum(["error", "warn", "debug"]).default("error"),
    })
    .prefault({}),
});

const address = z.string().refine((text) => isIP(text) !== 0, "must be a numeric IPv4 or IPv6 address");

/** In Compose's syntax: a port, or the first and last port of a range that several gateways share. */
const portOrRange = z
  .string()
  .regex(/^\d{1,5}(-\d{1,5})?$/, "must be a port or a range of ports such as 40000-40009")
  .transform((text) => text.split("-").map(Number))
  .refine((ends) => ends.every((end) => Port.safeParse(end).success), "must contain port numbers from 1 to 65535")
  .refine(
    ([first = 0, last = first]) => first <= last,
    "must be a range whose first port is not greater than its last",
  );

/** A program that waits for an event sends a request every 30 s. */
const SHORTEST_UNUSED_S = 40;
const LONGEST_UNUSED_S = 7 * 86_400;
/** libjuice supports at most two. */
const MAX_TURN_SERVERS = 2;
const turnServer = z.string().transform((text, context): TurnServer => {
  const server = parseTurnUrl(text);
  if (server) return server;
  context.addIssue({ code: "custom", message: "must contain TURN URLs over UDP, such as turn:host:3478" });
  return z.NEVER;
});

const environmentSchema = z.object({
  SIGNALING_URL: unlessEmpty(
    z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).default("http://127.0.0.1:9000"),
  ),
  MEDIA_PORT: unlessEmpty(Port.default(40_000)),
  PUBLISHED_MEDIA_PORT: unlessEmpty(portOrRange.optional()),
  MEDIA_BIND_ADDRESS: unlessEmpty(address.optional()),
  ANNOUNCED_IP: unlessEmpty(
    z
      .string()
      .default("")
      .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ""))
      .pipe(z.array(address)),
  ),
  TOTAL_BANDWIDTH_KBPS: unlessEmpty(z.coerce.number().int().min(100).max(100_000_000).optional()),
  HELD_MEDIA_MEBIBYTES: unlessEmpty(z.coerce.number().int().min(16).max(65_536).default(1_024)),
  UNUSED_PEER_SECONDS: unlessEmpty(z.coerce.number().int().min(SHORTEST_UNUSED_S).max(LONGEST_UNUSED_S).default(60)),
  ICE_TRANSPORT_POLICY: unlessEmpty(z.enum(["all", "relay"]).default("all")),
  TURN_URLS: unlessEmpty(
    z
      .string()
      .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ""))
      .pipe(z.array(turnServer).min(1).max(MAX_TURN_SERVERS))
      .optional(),
  ),
  TURN_SECRET: unlessEmpty(z.string().min(16, "must have at least 16 characters").optional()),
  API_BIND_ADDRESS: unlessEmpty(address.default("127.0.0.1")),
  LOG_LEVEL: unlessEmpty(LogLevel.optional()),
});

type Variables = z.infer<typeof environmentSchema>;

/** Variables whose values are never shown in messages. */
const SECRETS: ReadonlySet<PropertyKey> = new Set(["TURN_SECRET"]);

/**
 * @param environment SIGNALING_URL (http://127.0.0.1:9000), MEDIA_PORT (40000), PUBLISHED_MEDIA_PORT (MEDIA_PORT; with
 *   a range, the orchestrator sends this gateway's port later), MEDIA_BIND_ADDRESS, ANNOUNCED_IP (one or more,
 *   separated by commas), TOTAL_BANDWIDTH_KBPS, HELD_MEDIA_MEBIBYTES (1024), UNUSED_PEER_SECONDS (60),
 *   ICE_TRANSPORT_POLICY (all; with relay, callers connect only through a TURN server, which requires TURN_URLS and
 *   TURN_SECRET), API_BIND_ADDRESS (127.0.0.1), LOG_LEVEL (overrides the
 *   file).
 * @param file the text of config.toml, if there is one: `[general]` api_port (8000), log_level (error).
 * @throws GatewayError CONFIGURATION_INVALID, which lists every invalid setting and where it is.
 */
export function readConfiguration(environment: NodeJS.ProcessEnv, file: string | undefined): Configuration {
  const settings = fileSchema.safeParse(file === undefined ? {} : toml(file));
  const variables = environmentSchema.safeParse(environment);
  if (!settings.success || !variables.success) {
    throw invalid([
      ...(settings.error?.issues.map((issue) => `${CONFIG_FILE} ${issueText(issue)}`) ?? []),
      ...(variables.error?.issues.map((issue) => issueText(issue, environment)) ?? []),
    ]);
  }
  const { general } = settings.data;
  return {
    apiPort: general.api_port,
    apiBindAddress: variables.data.API_BIND_ADDRESS,
    logLevel: variables.data.LOG_LEVEL ?? general.log_level,
    signalingUrl: variables.data.SIGNALING_URL,
    mediaPort: variables.data.MEDIA_PORT,
    publishedPort: publishedPort(variables.data),
    mediaBindAddress: variables.data.MEDIA_BIND_ADDRESS,
    announcedIps: variables.data.ANNOUNCED_IP,
    totalKbps: variables.data.TOTAL_BANDWIDTH_KBPS,
    heldMediaBytes: variables.data.HELD_MEDIA_MEBIBYTES * MEBIBYTE,
    unusedPeerMs: variables.data.UNUSED_PEER_SECONDS * 1000,
    relay: relay(variables.data),
  };
}

function relay({ ICE_TRANSPORT_POLICY, TURN_URLS: servers, TURN_SECRET: secret }: Variables): Relay | undefined {
  if (ICE_TRANSPORT_POLICY === "all") return undefined;
  if (servers && secret) return { servers, secret };
  throw invalid([`${servers ? "TURN_SECRET" : "TURN_URLS"} is required when ICE_TRANSPORT_POLICY is relay`]);
}

function publishedPort(variables: Variables): number | undefined {
  const [first = variables.MEDIA_PORT, last = first] = variables.PUBLISHED_MEDIA_PORT ?? [];
  return first === last ? first : undefined;
}

function toml(text: string): unknown {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw invalid([`${CONFIG_FILE} line ${error.line}: ${reason}`]);
  }
}

function issueText(issue: z.core.$ZodIssue, environment?: NodeJS.ProcessEnv): string {
  const [name] = issue.path;
  const isShown = environment && typeof name === "string" && !SECRETS.has(name);
  const value = isShown ? ` (it is ${JSON.stringify(environment[name])})` : "";
  return `${issue.path.join(".") || "document"}: ${issue.message}${value}`;
}

const invalid = (mistakes: string[]) => new GatewayError("CONFIGURATION_INVALID", mistakes.join("; "));
