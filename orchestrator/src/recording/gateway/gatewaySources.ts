import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { addressesOf, gatewayUrl } from "./gatewayAddresses.ts";
import type { GatewaySources } from "./gateways.ts";
import { type JanusAddress, JanusGateway } from "./janus/janusGateway.ts";
import { SkywayGateway } from "./skywayGateway.ts";

export interface GatewaySettings {
  apiKey: string;
  /** For each leg; 0 is no limit. */
  bandwidth: { perLegKbps: number };
  /** Beyond the first of each kind. */
  maxTracksPerLeg: number;
  /** Of the SkyWay WebRTC Gateway REST API; its host name may resolve to several gateways. */
  gatewayUrl: string;
  /** Takes the place of the SkyWay gateways. */
  janus?: JanusAddress | undefined;
}

/** The gateways to use: all SkyWay gateways found through DNS, or the configured Janus instead. */
export function gatewaySources(settings: GatewaySettings, clock: Clock, log: Logger): GatewaySources {
  const { apiKey, gatewayUrl: url, janus } = settings;
  const limits = { perLegKbps: settings.bandwidth.perLegKbps, maxTracks: settings.maxTracksPerLeg };
  if (janus) {
    const gateway = new JanusGateway(janus, clock, log);
    return { open: () => gateway, addresses: async () => [new URL(janus.url).hostname] };
  }
  return {
    open: (address) => new SkywayGateway(gatewayUrl(settings, address), apiKey, limits, address),
    addresses: () => addressesOf(url),
  };
}
