import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { composeOrThrow } from "./compose.ts";
import { configText } from "./configText.ts";
import { recreate } from "./recreate.ts";
import { run, runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";

const OVERLAY = ["--file", "compose/webhooks.yml"];

/**
 * Runs the orchestrator with a webhook URL and secret in its environment until the end of the scope (`await using`).
 *
 * @param yaml the rest of the configuration.
 */
export async function configureWebhook(url: string, secret: string, yaml: string) {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const env = { WEBHOOK_URL: url, WEBHOOK_SECRET: secret, CONFIG_FILE: join(folder, "config.yaml") };
  await writeFile(env.CONFIG_FILE, configText(yaml));
  await recreate(["orchestrator"], { files: OVERLAY, env });
  return {
    restart: () => composeOrThrow([...OVERLAY, "restart", "orchestrator"], { env }),
    async [Symbol.asyncDispose]() {
      await recreate(["orchestrator"]);
      await rm(folder, { recursive: true });
      await run("docker", ["network", "rm", `${PROJECT}_egress`]);
    },
  };
}

const Network = z.object({ Internal: z.boolean(), Containers: z.record(z.string(), z.object({ Name: z.string() })) });

/** The containers on the egress network, and whether it is internal. */
export async function onEgress(): Promise<{ internal: boolean; containers: string[] }> {
  const text = await runOrThrow("docker", ["network", "inspect", `${PROJECT}_egress`, "--format", "{{json .}}"]);
  const { Internal, Containers } = Network.parse(JSON.parse(text));
  return { internal: Internal, containers: Object.values(Containers).map(({ Name }) => Name) };
}
