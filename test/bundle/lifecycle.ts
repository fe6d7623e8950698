import { compose, composeOrThrow } from "./compose.ts";
import { removeRecorderContainers } from "./containers.ts";

/** Images may have to be built first. */
const UP_LIMIT_MS = 15 * 60_000;
const DOWN_LIMIT_MS = 120_000;

export async function up(): Promise<void> {
  await composeOrThrow(["up", "--build", "--detach", "--wait", "--wait-timeout", "120"], {
    show: true,
    limitMs: UP_LIMIT_MS,
  });
}

/** Removes everything of the test project, also what a killed run left behind. */
export async function down(): Promise<void> {
  await composeOrThrow(["stop", "--timeout", "10"], { limitMs: DOWN_LIMIT_MS });
  // Recorders are not services; they would hold their network.
  await removeRecorderContainers();
  await composeOrThrow(["down", "--volumes", "--remove-orphans"], { limitMs: DOWN_LIMIT_MS });
}

export async function printLogs(): Promise<void> {
  const { stdout, stderr } = await compose(["logs", "--no-color", "--tail", "400"]);
  process.stderr.write(`\n--- logs of the test bundle\n${stdout}${stderr}---\n`);
}
