import { runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";

/**
 * An address of this host, other than loopback, that the bundle's containers reach: on the bundle's own network. The
 * engine's default bridge would not do: an engine that was never restarted does not list its gateway.
 */
export async function hostAddress(): Promise<string> {
  const format = "{{(index .IPAM.Config 0).Gateway}}";
  return (await runOrThrow("docker", ["network", "inspect", `${PROJECT}_front`, "--format", format])).trim();
}
