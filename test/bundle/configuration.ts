import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recreate } from "./recreate.ts";

/**
 * The orchestrator with another configuration file, until the end of the scope (`await using`).
 *
 * @param isWell whether to wait until it is well; what is configured to be unwell never is. Default: true.
 */
export async function configure(yaml: string, { isWell = true } = {}): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const path = join(folder, "config.yaml");
  await writeFile(path, yaml);
  const configured = {
    async [Symbol.asyncDispose]() {
      await recreate(["orchestrator"]);
      await rm(folder, { recursive: true });
    },
  };
  try {
    await recreate(["orchestrator"], { env: { CONFIG_FILE: path }, isWell });
  } catch (error) {
    await configured[Symbol.asyncDispose](); // or every test after this one would fail with it
    throw error;
  }
  return configured;
}
