import { composeOrThrow } from "../bundle/compose.ts";
import { openFrontDoor } from "./frontDoor.ts";
import type { Host } from "./host.ts";
import { SOCKET } from "./settings.ts";

const UP_LIMIT_MS = 180_000;

/** `docker` and `docker compose` of this process mean the host's engine from now on. */
export function useHostEngine(): void {
  process.env["DOCKER_HOST"] = `unix://${SOCKET}`;
  process.env["DOCKER_SOCKET"] = SOCKET;
}

/** The bundle on a host, with its front door on this machine. `docker compose up`, whatever runs there already. */
export async function standUp(host: Host): Promise<AsyncDisposable> {
  await composeOrThrow(["up", "--no-build", "--detach", "--wait", "--wait-timeout", "120"], { limitMs: UP_LIMIT_MS });
  return openFrontDoor(host);
}
