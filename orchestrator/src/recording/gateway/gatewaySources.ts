import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { Configuration } from "../../configuration/readConfiguration.ts";
import { addressesOf, gatewayUrl } from "./gatewayAddresses.ts";
import type { GatewaySources } from "./gateways.ts";
import { JanusGateway } from "./janus/janusGateway.ts";
import { SkywayGateway } from "./skywayGateway.ts";

type Configured = Pick<Configuration, "apiKey" | "bandwidth" | "gatewayUrl" | "janus">;

/** The gateways to use: all SkyWay gateways found through DNS, or the configured Janus instead. */
export function gatewaySources(configuration: Configured, clock: Clock, log: Logger): GatewaySources {
  const { apiKey, bandwidth, gatewayUrl: url, janus } = configuration;
  if (janus) {
    const gateway = new JanusGateway(janus, clock, log);
    return { open: () => gateway, addresses: async () => [new URL(janus.url).hostname] };
  }
  return {
    open: (address) => new SkywayGateway(gatewayUrl(configuration, address), apiKey, bandwidth.perLegKbps, address),
    addresses: () => addressesOf(url),
  };
}
