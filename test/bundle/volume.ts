import { composeOrThrow } from "./compose.ts";

/** File names in a folder of the recordings volume, as the orchestrator sees them. */
export async function listVolume(folder: string): Promise<string[]> {
  const text = await composeOrThrow(["exec", "-T", "orchestrator", "find", `/recordings/${folder}`, "-type", "f"]);
  return text.split("\n").filter((line) => line !== "");
}

export async function readVolume(file: string): Promise<string> {
  return composeOrThrow(["exec", "-T", "orchestrator", "cat", `/recordings/${file}`]);
}
