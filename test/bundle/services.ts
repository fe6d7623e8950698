import { composeOrThrow } from "./compose.ts";
import { run } from "./run.ts";
import { BUNDLE } from "./settings.ts";

/** The long-running services. The recorder service only builds the image and prepares the volume. */
const SERVICES = ["docker-guard", "orchestrator", "signaling", "skyway-webrtc-gateway", "web"];

const HEALTH = /\((?:health: )?(\w+)\)$/;

/** The health of each service as `docker compose ps` shows it. Compose itself takes five times as long to answer. */
export async function healths(bundle = BUNDLE): Promise<Record<string, string>> {
  const filter = ["--filter", `label=com.docker.compose.project=${bundle.project}`];
  const format = ["--format", '{{.Label "com.docker.compose.service"}}\t{{.Status}}'];
  const { stdout } = await run("docker", ["ps", ...filter, ...format]);
  const containers = stdout.split("\n").map((line) => line.split("\t"));
  const healthOf = (name: string) => {
    const statuses = containers.filter(([service]) => service === name).map(([, status = ""]) => status);
    const seen = statuses.map((status) => HEALTH.exec(status)?.[1] ?? "not running");
    return seen.find((health) => health !== "healthy") ?? seen[0] ?? "not running";
  };
  return Object.fromEntries(SERVICES.map((name) => [name, healthOf(name)]));
}

export async function allHealthy(bundle = BUNDLE): Promise<boolean> {
  return Object.values(await healths(bundle)).every((health) => health === "healthy");
}

export function serviceLog(service: string): Promise<string> {
  return composeOrThrow(["logs", "--no-color", "--no-log-prefix", service]);
}
