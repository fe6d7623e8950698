import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeOrThrow } from "./compose.ts";

const ORCHESTRATOR = ["up", "--detach", "--wait", "--no-deps", "--no-build", "orchestrator"];

/** The orchestrator with another configuration file, until the end of the scope (`await using`). */
export async function configure(yaml: string): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const path = join(folder, "config.yaml");
  await writeFile(path, yaml);
  await composeOrThrow(ORCHESTRATOR, { env: { CONFIG_FILE: path } });
  return {
    async [Symbol.asyncDispose]() {
      await composeOrThrow(ORCHESTRATOR);
      await rm(folder, { recursive: true });
    },
  };
}
