import { z } from "zod";
import { composeOrThrow } from "./compose.ts";
import { runOrThrow } from "./run.ts";
import { MEDIA_PORT } from "./settings.ts";

const SERVICE = "skyway-webrtc-gateway";
const SCALE_LIMIT_MS = 90_000;

const Inspected = z.array(
  z.object({
    Id: z.string(),
    NetworkSettings: z.object({
      Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()),
      Networks: z.record(z.string(), z.object({ IPAddress: z.string() })),
    }),
  }),
);

export interface GatewayContainer {
  id: string;
  /** Published port on the host. */
  port: number;
  /** One address on each network. */
  addresses: string[];
}

/** Runs this number of gateways, published on ports of this range, and waits until each is healthy. */
export async function scaleGateways(count: number, ports: string): Promise<void> {
  const args = ["up", "--detach", "--wait", "--no-build", "--no-deps", "--scale", `${SERVICE}=${count}`, SERVICE];
  await composeOrThrow(args, { env: { MEDIA_PORT: ports }, limitMs: SCALE_LIMIT_MS });
}

/** Runs one gateway again. Scaling down leaves one with any number, and other tests expect the number 1 in its name. */
export async function restoreOneGateway(): Promise<void> {
  await composeOrThrow(["rm", "--stop", "--force", SERVICE]);
  await scaleGateways(1, String(MEDIA_PORT));
}

/** The running gateway containers. */
export async function gatewayContainers(): Promise<GatewayContainer[]> {
  const ids = (await composeOrThrow(["ps", "--quiet", SERVICE])).split("\n").filter((id) => id !== "");
  const inspected = Inspected.parse(JSON.parse(await runOrThrow("docker", ["inspect", "--type", "container", ...ids])));
  return inspected.map(({ Id, NetworkSettings: { Ports, Networks } }) => ({
    id: Id,
    port: Number(Ports["40000/udp"]?.[0]?.HostPort),
    addresses: Object.values(Networks).map(({ IPAddress }) => IPAddress),
  }));
}

export async function killContainer(id: string): Promise<void> {
  await runOrThrow("docker", ["kill", id]);
}
