import { z } from "zod";
import { compose, composeOrThrow, environmentOf } from "./compose.ts";
import { BUNDLE, type Bundle } from "./settings.ts";

/** The long-running services. The recorder service only builds the image and prepares the volume. */
const SERVICES = ["docker-guard", "orchestrator", "signaling", "skyway-webrtc-gateway", "web"];

const Service = z.object({ Service: z.string(), State: z.string(), Health: z.string() });
type Service = z.infer<typeof Service>;

/** Output of `docker compose ps`. */
async function services(bundle: Bundle): Promise<Service[]> {
  const { code, stdout } = await compose(["ps", "--format", "json"], { env: environmentOf(bundle) });
  if (code !== 0) return [];
  return parseServices(stdout);
}

/** The health of each service as `docker compose ps` shows it. */
export async function healths(bundle = BUNDLE): Promise<Record<string, string>> {
  const listed = await services(bundle);
  return Object.fromEntries(
    SERVICES.map((name) => [name, listed.find(({ Service }) => Service === name)?.Health ?? "not running"]),
  );
}

export async function allHealthy(bundle = BUNDLE): Promise<boolean> {
  return Object.values(await healths(bundle)).every((health) => health === "healthy");
}

export function serviceLog(service: string): Promise<string> {
  return composeOrThrow(["logs", "--no-color", "--no-log-prefix", service]);
}

/** Compose prints one array, or one object per line, depending on its version. */
function parseServices(text: string): Service[] {
  if (text.trimStart().startsWith("[")) return z.array(Service).parse(JSON.parse(text));
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Service.parse(JSON.parse(line)));
}
