import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { composeOrThrow } from "./compose.ts";
import { recreate } from "./recreate.ts";
import { run, runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";

const OVERLAY = ["--file", "compose/webhooks.yml"];

/**
 * The orchestrator with a receiver of webhooks, as `.env` names one, until the end of the scope (`await using`).
 *
 * @param yaml what else is configured.
 */
export async function tellWebhook(url: string, secret: string, yaml: string) {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const env = { WEBHOOK_URL: url, WEBHOOK_SECRET: secret, CONFIG_FILE: join(folder, "config.yaml") };
  await writeFile(env.CONFIG_FILE, yaml);
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

/** Who is on the network that leads out, and whether it does. */
export async function onEgress(): Promise<{ internal: boolean; containers: string[] }> {
  const text = await runOrThrow("docker", ["network", "inspect", `${PROJECT}_egress`, "--format", "{{json .}}"]);
  const { Internal, Containers } = Network.parse(JSON.parse(text));
  return { internal: Internal, containers: Object.values(Containers).map(({ Name }) => Name) };
}
