import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeOrThrow, type Overlay } from "./compose.ts";
import { configText } from "./configText.ts";
import { recreate } from "./recreate.ts";
import { run } from "./run.ts";
import { PROJECT } from "./settings.ts";

const OVERLAY = ["--file", "compose/live.yml"];
const NETWORK = `${PROJECT}_live`;
const CHANGED = ["docker-guard", "orchestrator"];
const BUILD_LIMIT_MS = 300_000;

/** The live overlay until the end of the scope, for tests that add another overlay. */
export interface LiveOverlay extends AsyncDisposable, Overlay {}

/**
 * Builds the live streaming services without starting them.
 *
 * @param outputs value of LIVE_OUTPUTS.
 */
export async function buildLive(outputs: string, yaml: string): Promise<LiveOverlay> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const CONFIG_FILE = join(folder, "config.yaml");
  await writeFile(CONFIG_FILE, configText(yaml));
  const env = { CONFIG_FILE, LIVE_OUTPUTS: outputs };
  await composeOrThrow([...OVERLAY, "build", "live"], { env, limitMs: BUILD_LIMIT_MS });
  return {
    ...{ files: OVERLAY, env },
    async [Symbol.asyncDispose]() {
      await run("docker", ["network", "rm", NETWORK]); // no container is connected to it any more
      await rm(folder, { recursive: true });
    },
  };
}

/** Runs the bundle with live streaming until the end of the scope (`await using`). */
export async function showLive(outputs: string, yaml: string): Promise<AsyncDisposable> {
  const overlay = await buildLive(outputs, yaml);
  const { files, env } = overlay;
  await composeOrThrow([...files, "up", "--no-build", "--no-deps", "live"], { env }); // creates their network
  await recreate(CHANGED, overlay);
  return {
    async [Symbol.asyncDispose]() {
      await recreate(CHANGED);
      await composeOrThrow([...files, "rm", "--force", "--stop", "live"], { env });
      await overlay[Symbol.asyncDispose]();
    },
  };
}
