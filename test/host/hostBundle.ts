import { composeOrThrow } from "../bundle/compose.ts";
import type { Host } from "./host.ts";
import { forwardHttpPort } from "./httpForwarding.ts";
import { SOCKET } from "./settings.ts";

const UP_LIMIT_MS = 180_000;

/** From now on, `docker` and `docker compose` in this process use the host's engine. */
export function useHostEngine(): void {
  process.env["DOCKER_HOST"] = `unix://${SOCKET}`;
  process.env["DOCKER_SOCKET"] = SOCKET;
}

/** Runs `docker compose up` on the host, also if the bundle is already running, and forwards its HTTP port. */
export async function startBundle(host: Host): Promise<AsyncDisposable> {
  await composeOrThrow(["up", "--no-build", "--detach", "--wait", "--wait-timeout", "120"], { limitMs: UP_LIMIT_MS });
  return forwardHttpPort(host);
}
