import { z } from "zod";
import { compose, composeOrThrow } from "./compose.ts";

export const SERVICES = ["orchestrator", "signaling", "skyway-webrtc-gateway", "web"];

const Service = z.object({ Service: z.string(), State: z.string(), Health: z.string() });
export type Service = z.infer<typeof Service>;

/** What `docker compose ps` says. */
export async function services(): Promise<Service[]> {
  const { code, stdout } = await compose(["ps", "--all", "--format", "json"]);
  if (code !== 0) return [];
  return parseServices(stdout);
}

export async function allHealthy(): Promise<boolean> {
  const listed = await services();
  return SERVICES.every((name) =>
    listed.some((one) => one.Service === name && one.State === "running" && one.Health === "healthy"),
  );
}

export function serviceLog(service: string): Promise<string> {
  return composeOrThrow(["logs", "--no-color", "--no-log-prefix", service]);
}

/** Compose prints one array or one object a line, depending on its version. */
function parseServices(text: string): Service[] {
  if (text.trimStart().startsWith("[")) return z.array(Service).parse(JSON.parse(text));
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Service.parse(JSON.parse(line)));
}
