import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./settings.ts";

/** The configuration of a test bundle, unless a test has its own. */
export const CONFIG_FILE = join(REPOSITORY, "test/bundle/config.yaml");

/** A test's own configuration, with the rest of `CONFIG_FILE`. */
export function configText(yaml: string): string {
  return /^host:/m.test(yaml) ? yaml : `${yaml}\n${readFileSync(CONFIG_FILE, "utf8")}`;
}
