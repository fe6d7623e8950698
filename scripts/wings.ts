// Draws the picture of the orchestrator's wings in docs/architecture.md, from its imports: npm run wings
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readImports } from "./lib/importGraph.ts";
import { picture } from "./lib/wings.ts";
import { withPicture } from "./lib/wingsPage.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}/docs/architecture.md`;

writeFileSync(page, withPicture(readFileSync(page, "utf8"), picture(readImports(root))));
