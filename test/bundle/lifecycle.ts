import { compose, composeOrThrow, environmentOf } from "./compose.ts";
import { removeRecorderContainers } from "./containers.ts";
import { BUNDLES } from "./settings.ts";

/** Long enough to build the images. */
const BUILD_LIMIT_MS = 15 * 60_000;
const UP_LIMIT_MS = 150_000;
const DOWN_LIMIT_MS = 120_000;

/** Starts all test bundles. */
export async function up(): Promise<void> {
  await composeOrThrow(["build"], { show: true, limitMs: BUILD_LIMIT_MS });
  const args = ["up", "--no-build", "--detach", "--wait", "--wait-timeout", "120"];
  await eachBundle(async (env) => void (await composeOrThrow(args, { env, show: true, limitMs: UP_LIMIT_MS })));
}

/** Removes everything of the test projects, including leftovers of a killed run. */
export function down(): Promise<void> {
  return eachBundle(async (env) => {
    await composeOrThrow(["stop", "--timeout", "10"], { env, limitMs: DOWN_LIMIT_MS });
    // Recorders are not Compose services. A remaining one would prevent the removal of their network.
    await removeRecorderContainers(env.COMPOSE_PROJECT_NAME);
    await composeOrThrow(["down", "--volumes", "--remove-orphans"], { env, limitMs: DOWN_LIMIT_MS });
  });
}

export function printLogs(): Promise<void> {
  return eachBundle(async (env) => {
    const { stdout, stderr } = await compose(["logs", "--no-color", "--tail", "400"], { env });
    process.stderr.write(`\n--- logs of ${env.COMPOSE_PROJECT_NAME}\n${stdout}${stderr}---\n`);
  });
}

async function eachBundle(act: (env: ReturnType<typeof environmentOf>) => Promise<void>): Promise<void> {
  await Promise.all(BUNDLES.map((bundle) => act(environmentOf(bundle))));
}
