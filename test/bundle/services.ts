import { composeOrThrow } from "./compose.ts";
import { run, runOrThrow } from "./run.ts";
import { BUNDLE, PROJECT } from "./settings.ts";

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

/** When each service was started the last time: it changes when a service crashes. */
export async function startsOf(): Promise<Record<string, string>> {
  const starts = SERVICES.map(async (name) => {
    const format = ["--format", "{{.State.StartedAt}}", `${PROJECT}-${name}-1`];
    return [name, (await runOrThrow("docker", ["inspect", ...format])).trim()];
  });
  return Object.fromEntries(await Promise.all(starts));
}

/** Memory of a service in bytes, as the engine counts it. */
export async function memoryOf(service: string): Promise<number> {
  const container = `${PROJECT}-${service}-1`;
  const text = await runOrThrow("docker", ["stats", "--no-stream", "--format", "{{.MemUsage}}", container]);
  const [, number, unit] = /^([\d.]+)([KMG])iB/.exec(text) ?? [];
  return Number(number) * 1024 ** " KMG".indexOf(unit ?? "");
}

export function serviceLog(service: string): Promise<string> {
  return composeOrThrow(["logs", "--no-color", "--no-log-prefix", service]);
}
