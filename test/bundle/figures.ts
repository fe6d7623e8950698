import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./settings.ts";

const FOLDER = join(REPOSITORY, "test-results");

/** Keeps what a test measured, one JSON object a line, for whoever wants to compare runs. */
export async function note(figures: Record<string, unknown>): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await appendFile(join(FOLDER, "e2e-figures.jsonl"), `${JSON.stringify({ at: new Date(), ...figures })}\n`);
}
