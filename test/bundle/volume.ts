import { runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";

const ORCHESTRATOR = `${PROJECT}-orchestrator-1`;

/** File names in a folder of the recordings volume, as the orchestrator sees them. */
export async function listVolume(folder: string): Promise<string[]> {
  const text = await runOrThrow("docker", ["exec", ORCHESTRATOR, "find", `/recordings/${folder}`, "-type", "f"]);
  return text.split("\n").filter((line) => line !== "");
}

export async function readVolume(file: string): Promise<string> {
  return runOrThrow("docker", ["exec", ORCHESTRATOR, "cat", `/recordings/${file}`]);
}
