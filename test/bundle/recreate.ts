import { z } from "zod";
import { composeOrThrow, type Overlay } from "./compose.ts";
import { run, runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";
import { waitFor } from "./waitFor.ts";

const UP = ["up", "--detach", "--no-deps", "--no-build"];
const UP_LIMIT_MS = 180_000;
const ANSWER_LIMIT_MS = 60_000;
/** A check may wait forever for an answer to a datagram that came before the service listened. */
const CHECK_LIMIT_MS = 5_000;
const HealthCheck = z.tuple([z.literal("CMD")], z.string());

/**
 * Recreates services with an overlay, by default without one, and waits until each is healthy.
 *
 * @param services in the order of their dependencies.
 * @param isHealthy whether to wait; false for a configuration that makes a service unhealthy. Default: true.
 */
export async function recreate(
  services: readonly string[],
  { files = [], env = {}, isHealthy = true }: Partial<Overlay> & { isHealthy?: boolean } = {},
): Promise<void> {
  const options = { env, limitMs: UP_LIMIT_MS };
  // Stopped in order, so that each can reach the others while it ends its calls.
  if (services.length > 1) await composeOrThrow([...files, "stop", ...services], options);
  for (const service of services) {
    await composeOrThrow([...files, ...UP, service], options);
    if (isHealthy) await waitForHealthCheck(`${PROJECT}-${service}-1`);
  }
}

/** Runs the container's health check immediately; Docker first runs it after an interval of five seconds. */
async function waitForHealthCheck(container: string): Promise<void> {
  const format = "{{json .Config.Healthcheck.Test}}";
  const inspected = JSON.parse(await runOrThrow("docker", ["inspect", "--format", format, container]));
  const [, ...check] = HealthCheck.parse(inspected);
  let seen: unknown;
  await waitFor(
    `${container} is healthy`,
    ANSWER_LIMIT_MS,
    async () => {
      seen = await run("docker", ["exec", container, ...check], { limitMs: CHECK_LIMIT_MS });
      return (seen as { code: number | null }).code === 0;
    },
    () => seen,
  );
}
