import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./settings.ts";

const FOLDER = join(REPOSITORY, "test-results");

/** Appends the measurements of a test to a file, one JSON object per line, so that runs can be compared. */
export async function recordMeasurements(figures: Record<string, unknown>): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await appendFile(join(FOLDER, "e2e-figures.jsonl"), `${JSON.stringify({ at: new Date(), ...figures })}\n`);
}
