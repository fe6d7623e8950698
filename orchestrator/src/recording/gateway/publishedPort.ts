import type { Logger } from "pino";
import type { Engine } from "../engine/engine.ts";
import type { Gateway } from "./gateway.ts";

/**
 * Tells a gateway at which host port callers reach it. Docker assigns each container a port of the published range, a
 * new one with each start, and only the engine knows which.
 *
 * @param mediaPort the port that gateways bind inside their containers.
 */
export async function tellPublishedPort(
  gateway: Gateway,
  address: string,
  mediaPort: number,
  engine: Pick<Engine, "gateways">,
  log: Logger,
): Promise<void> {
  try {
    const container = (await engine.gateways()).find(({ addresses }) => addresses.includes(address));
    const port = container?.udpPorts.find(({ inside }) => inside === mediaPort)?.published;
    // A gateway outside this bundle, or without a published port, needs no port from here.
    if (port !== undefined) await gateway.tellPublishedPort(port);
  } catch (error) {
    // A gateway that needs the port refuses the peer without it; registration is then retried.
    log.warn({ gateway: address, err: error }, "the gateway's published port could not be set");
  }
}
