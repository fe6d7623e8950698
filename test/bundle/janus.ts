import { randomBytes } from "node:crypto";
import { composeOrThrow } from "./compose.ts";
import { recreate } from "./recreate.ts";
import { MEDIA_PORT } from "./settings.ts";

const BUILD_LIMIT_MS = 300_000;
const PORTS = 20;
const OVERLAY = ["--file", "compose/janus.yml"];
const SERVICES = ["skyway-webrtc-gateway", "orchestrator", "web"];

export const ROOM = 1234;

/** The test bundle with Janus instead of its gateway, until the end of its scope (`await using`). */
export interface JanusBundle extends AsyncDisposable {
  /** Runs `docker compose` with the Janus overlay. */
  run(args: string[]): Promise<string>;
}

export async function withJanus(): Promise<JanusBundle> {
  const first = MEDIA_PORT + 600;
  const env = {
    JANUS_SECRET: randomBytes(16).toString("hex"),
    JANUS_MEDIA_PORTS: `${first}-${first + PORTS - 1}`,
  };
  const run = (args: string[]) => composeOrThrow([...OVERLAY, ...args], { env, limitMs: BUILD_LIMIT_MS });
  await run(["build", "skyway-webrtc-gateway"]);
  await recreate(SERVICES, { files: OVERLAY, env });
  return {
    run,
    [Symbol.asyncDispose]: () => recreate(SERVICES),
  };
}
