import type { Logger } from "pino";
import type { Engine } from "../engine/engine.ts";
import type { Gateway } from "./gateway.ts";

/**
 * Tells a gateway by which port of the host callers reach it. Docker gives each container one of the range that is
 * published, another one with each start, and only the engine knows which.
 *
 * @param mediaPort the one that gateways bind, in their containers.
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
    // A gateway that is no container of this bundle, or is not published, knows by itself how it is reached.
    if (port !== undefined) await gateway.tellPublishedPort(port);
  } catch (error) {
    // One that has to know does not take the peer without it, and is asked again.
    log.warn({ gateway: address, err: error }, "the gateway could not be told its port");
  }
}
