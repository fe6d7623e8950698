// Regenerates docs/manifest.schema.json after a change of the manifest: npm run schema
import { writeFile } from "node:fs/promises";
import { manifestSchema } from "../orchestrator/src/outside/api/manifestSchema.ts";

await writeFile(new URL("../docs/manifest.schema.json", import.meta.url), manifestSchema());
