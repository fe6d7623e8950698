import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configText } from "./configText.ts";
import { recreate } from "./recreate.ts";

/**
 * Runs the orchestrator with another configuration file until the end of the scope (`await using`).
 *
 * @param isHealthy whether to wait; false for a configuration that makes it unhealthy. Default: true.
 */
export async function configure(yaml: string, { isHealthy = true } = {}): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const path = join(folder, "config.yaml");
  await writeFile(path, configText(yaml));
  const configured = {
    async [Symbol.asyncDispose]() {
      await recreate(["orchestrator"]);
      await rm(folder, { recursive: true });
    },
  };
  try {
    await recreate(["orchestrator"], { env: { CONFIG_FILE: path }, isHealthy });
  } catch (error) {
    await configured[Symbol.asyncDispose](); // otherwise every later test would fail too
    throw error;
  }
  return configured;
}
