import { z } from "zod";

/** Works without any configuration, and for that reason on loopback only. */
export const DEFAULT_API_KEY = "00000000-0000-4000-8000-000000000000";

/** skyway-js refuses every other form before it connects. */
const API_KEY = /^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$/;
const LOOPBACK = /^(127\.|::1$|localhost$)/;

const optional = (text: unknown) => (text === "" ? undefined : text);

const schema = z
  .object({
    PORT: z.preprocess(optional, z.coerce.number().int().min(0).max(65_535).default(9000)),
    LOG_LEVEL: z.preprocess(optional, z.enum(["debug", "info", "warn", "error"]).default("info")),
    BIND_ADDRESS: z.preprocess(optional, z.string().default("127.0.0.1")),
    SKYWAY_API_KEY: z.preprocess(
      optional,
      z
        .string()
        .default(DEFAULT_API_KEY)
        .transform((keys) => keys.split(",").map((key) => key.trim()))
        .pipe(z.array(z.string().regex(API_KEY, "is not of the form 8-4-4-4-12 of lower-case letters and digits"))),
    ),
  })
  .superRefine((values, context) => {
    if (values.SKYWAY_API_KEY.includes(DEFAULT_API_KEY) && !LOOPBACK.test(values.BIND_ADDRESS)) {
      context.addIssue({
        code: "custom",
        path: ["SKYWAY_API_KEY"],
        message: `is still the default key, which works on loopback only, and BIND_ADDRESS is ${values.BIND_ADDRESS}; set a key of your own, such as ${crypto.randomUUID()}`,
      });
    }
  });

export interface Configuration {
  port: number;
  logLevel: "debug" | "info" | "warn" | "error";
  apiKeys: ReadonlySet<string>;
}

/**
 * @param environment PORT (9000), SKYWAY_API_KEY (comma-separated), BIND_ADDRESS (where the bundle is published), LOG_LEVEL.
 * @throws Error naming every variable that is wrong and what to change.
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; "));
  }
  const { PORT, LOG_LEVEL, SKYWAY_API_KEY } = parsed.data;
  return { port: PORT, logLevel: LOG_LEVEL, apiKeys: new Set(SKYWAY_API_KEY) };
}
