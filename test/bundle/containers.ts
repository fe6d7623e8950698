import { z } from "zod";
import { runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";

const LABEL = "io.skyway-call-recorder";
const Line = z.object({ ID: z.string(), Names: z.string(), Status: z.string() });
export type RecorderContainer = z.infer<typeof Line>;

/** Recorder and assembler containers of a project, running or not. */
export async function recorderContainers(filter: { legId?: string; project?: string } = {}) {
  const labels = [`label=${LABEL}.project=${filter.project ?? PROJECT}`];
  if (filter.legId !== undefined) labels.push(`label=${LABEL}.leg-id=${filter.legId}`);
  const filters = labels.flatMap((label) => ["--filter", label]);
  const lines = await runOrThrow("docker", ["ps", "--all", "--no-trunc", ...filters, "--format", "{{json .}}"]);
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Line.parse(JSON.parse(line)));
}

export async function removeRecorderContainers(project = PROJECT): Promise<void> {
  for (const { ID } of await recorderContainers({ project })) await runOrThrow("docker", ["rm", "--force", ID]);
}
