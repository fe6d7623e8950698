import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { pino } from "pino";
import { type Configuration, DEFAULT_API_KEY } from "../configuration.ts";
import { ApiKey } from "../ids.ts";
import { type Signaling, startSignaling } from "../server.ts";

export const KEY = ApiKey.parse(DEFAULT_API_KEY);
export const OTHER_KEY = ApiKey.parse("11111111-1111-4111-8111-111111111111");

/** Credentials contain times of this century. */
const START_MS = Date.parse("2027-01-15T08:00:00Z");

export interface TestSignaling extends Signaling, AsyncDisposable {
  readonly origin: string;
  /** Only moves when a test advances it. */
  readonly clock: ManualClock;
}

/** Starts a real server on a free port. */
export async function openSignaling(changes: Partial<Configuration> = {}): Promise<TestSignaling> {
  const clock = new ManualClock(START_MS);
  const signaling = await startSignaling(
    {
      port: 0,
      listenAddress: "127.0.0.1",
      logLevel: "info",
      apiKeys: [KEY, OTHER_KEY],
      secretKeys: new Map(),
      ...changes,
    },
    pino({ level: process.env["LOG_LEVEL"] ?? "silent" }),
    clock,
  );
  return {
    ...signaling,
    clock,
    origin: `http://127.0.0.1:${signaling.port}`,
    [Symbol.asyncDispose]: () => signaling.close(),
  };
}
