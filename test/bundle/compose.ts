import { type Finished, type RunOptions, run, runOrThrow } from "./run.ts";
import { HTTP_PORT, IMAGE_TAG, MEDIA_PORT, PROJECT } from "./settings.ts";

/** A developer's own .env must not change what the tests see. */
const FILES = ["--env-file", "/dev/null", "-f", "docker-compose.yml"];

const ENVIRONMENT = {
  COMPOSE_PROJECT_NAME: PROJECT,
  HTTP_PORT: String(HTTP_PORT),
  MEDIA_PORT: String(MEDIA_PORT),
  IMAGE_TAG,
};

/** What else the bundle is made of. */
export interface Overlay {
  /** As arguments of docker compose. */
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
