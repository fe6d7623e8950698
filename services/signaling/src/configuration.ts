import { isIPv4 } from "node:net";
import { commaSeparated, ListenPort, LogLevel, unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import { z } from "zod";
import { ApiKey } from "./ids.ts";
import type { Turn } from "./turn.ts";

/** Works without configuration. For this reason it is accepted on loopback only. */
export const DEFAULT_API_KEY = "00000000-0000-4000-8000-000000000000";

const SecretKey = z
  .string()
  .regex(/^[^:]+:.{16,}$/, "must have the form <API key>:<secret of at least 16 characters>")
  .transform((pair) => [pair.slice(0, pair.indexOf(":")), pair.slice(pair.indexOf(":") + 1)] as const)
  .pipe(z.tuple([ApiKey, z.string()]));

/** RFC 7065, and `stun:` of RFC 7064. */
const IceUrl = z
  .string()
  .regex(/^(?:stun|turns?):[A-Za-z0-9.:[\]-]+(?:\?transport=(?:udp|tcp))?$/, "is not a turn: URL");

const Environment = z
  .object({
    PORT: unlessEmpty(ListenPort.default(9000)),
    SIDE_DOOR_PORT: unlessEmpty(ListenPort.optional()),
    LISTEN_ADDRESS: unlessEmpty(z.string().default("0.0.0.0")),
    LOG_LEVEL: unlessEmpty(LogLevel.default("info")),
    BIND_ADDRESS: unlessEmpty(z.string().default("127.0.0.1")),
    SKYWAY_API_KEY: unlessEmpty(z.string().default(DEFAULT_API_KEY).transform(commaSeparated).pipe(z.array(ApiKey))),
    SKYWAY_SECRET_KEYS: unlessEmpty(z.string().transform(commaSeparated).pipe(z.array(SecretKey)).default([])),
    TURN_URLS: unlessEmpty(z.string().transform(commaSeparated).pipe(z.array(IceUrl)).optional()),
    TURN_SECRET: unlessEmpty(z.string().min(16, "must have at least 16 characters").optional()),
  })
  .superRefine((variables, context) => {
    const { SKYWAY_API_KEY: keys, BIND_ADDRESS, SKYWAY_SECRET_KEYS: secrets, TURN_URLS, TURN_SECRET } = variables;
    if ((TURN_URLS === undefined) !== (TURN_SECRET === undefined)) {
      const [missing, given] = TURN_URLS === undefined ? ["TURN_URLS", "TURN_SECRET"] : ["TURN_SECRET", "TURN_URLS"];
      context.addIssue({ code: "custom", path: [missing], message: `is required if ${given} is set` });
    }
    if (keys.some((key) => key === DEFAULT_API_KEY) && !commaSeparated(BIND_ADDRESS).every(isLoopback)) {
      context.addIssue({
        code: "custom",
        path: ["SKYWAY_API_KEY"],
        message: `is the default key, which is accepted on loopback only, but BIND_ADDRESS is ${BIND_ADDRESS}: set your own key, for example ${crypto.randomUUID()}`,
      });
    }
    for (const [key] of secrets) {
      if (keys.includes(key)) continue;
      context.addIssue({
        code: "custom",
        path: ["SKYWAY_SECRET_KEYS"],
        message: `contains ${key}, which is not in SKYWAY_API_KEY`,
      });
    }
  });

export interface Configuration {
  port: number;
  /** Port for services of this bundle. Absent: there is no such port. */
  internalPort?: number | undefined;
  listenAddress: string;
  logLevel: LogLevel;
  apiKeys: readonly ApiKey[];
  /** Keys whose peers must send a credential, with the secret that signs it. */
  secretKeys: ReadonlyMap<ApiKey, string>;
  /** Absent: clients receive no TURN servers. */
  turn?: Turn | undefined;
}

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * @param environment PORT (9000; 0 for any), SIDE_DOOR_PORT (none; must not be reachable from outside), LISTEN_ADDRESS
 *   (0.0.0.0: in the bundle only the reverse proxy reaches it), SKYWAY_API_KEY (comma-separated), BIND_ADDRESS (where
 *   the bundle is published, comma-separated; 127.0.0.1), LOG_LEVEL (info), SKYWAY_SECRET_KEYS (comma-separated
 *   `<API key>:<secret>`; none), TURN_URLS (comma-separated) with TURN_SECRET (none).
 * @throws ConfigurationError that names every invalid variable and what to change.
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const { data, error } = Environment.safeParse(environment);
  if (error) throw new ConfigurationError(error.issues.map(describe).join("; "));
  return {
    port: data.PORT,
    internalPort: data.SIDE_DOOR_PORT,
    listenAddress: data.LISTEN_ADDRESS,
    logLevel: data.LOG_LEVEL,
    apiKeys: data.SKYWAY_API_KEY,
    secretKeys: new Map(data.SKYWAY_SECRET_KEYS),
    turn: data.TURN_URLS && data.TURN_SECRET ? { urls: data.TURN_URLS, secret: data.TURN_SECRET } : undefined,
  };
}

/** Names the variable and the problem. Never shows the value, which may be a secret. */
function describe({ path, message }: z.core.$ZodIssue): string {
  const [variable, index] = path;
  const variableName = typeof index === "number" ? `${String(variable)} (entry ${index + 1})` : String(variable);
  return `${variableName} ${message}`;
}

function isLoopback(address: string): boolean {
  return (isIPv4(address) && address.startsWith("127.")) || ["::1", "[::1]", "localhost"].includes(address);
}
