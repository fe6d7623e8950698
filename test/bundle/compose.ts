import { CONFIG_FILE } from "./configText.ts";
import { type Finished, type RunOptions, run, runOrThrow } from "./run.ts";
import { BUNDLE, type Bundle, IMAGE_TAG } from "./settings.ts";

/** A developer's own .env file must not influence the tests. */
const FILES = ["--env-file", "/dev/null", "-f", "docker-compose.yml"];

/** The variables that differ between bundles. */
export const environmentOf = ({ project, httpPort, mediaPort }: Bundle) => ({
  COMPOSE_PROJECT_NAME: project,
  HTTP_PORT: String(httpPort),
  MEDIA_PORT: String(mediaPort),
});
const ENVIRONMENT = { ...environmentOf(BUNDLE), IMAGE_TAG, CONFIG_FILE };

/** Additional Compose files and variables of a bundle. */
export interface Overlay {
  /** Arguments for `docker compose`. */
  files: readonly string[];
  env: Record<string, string>;
}

/** `docker compose` for the test bundle. */
export function compose(args: string[], options: RunOptions = {}): Promise<Finished> {
  return run("docker", ["compose", ...FILES, ...args], withEnvironment(options));
}

export function composeOrThrow(args: string[], options: RunOptions = {}): Promise<string> {
  return runOrThrow("docker", ["compose", ...FILES, ...args], withEnvironment(options));
}

function withEnvironment(options: RunOptions): RunOptions {
  return { ...options, env: { ...ENVIRONMENT, ...options.env } };
}
