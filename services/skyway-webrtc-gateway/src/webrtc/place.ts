import type { RtcConfig } from "node-datachannel";
import { iceServersOf, type Relay } from "./relay.ts";

/** Where our end of a connection is. */
export interface Place {
  port: number;
  bindAddress: string;
  /** Callers come by these TURN servers, not to that port. */
  relay?: Relay | undefined;
}

/** A connection there, as the library takes it. */
export function libraryConfiguration({ port, bindAddress, relay }: Place, maxMessageSize: number): RtcConfig {
  if (relay === undefined) {
    const ours = { enableIceUdpMux: true, portRangeBegin: port, portRangeEnd: port };
    return { iceServers: [], bindAddress, ...ours, maxMessageSize };
  }
  // A TURN server tells its clients apart by address and port: each connection has a port of its own.
  const iceServers = iceServersOf(relay, Date.now());
  return { iceServers, bindAddress, iceTransportPolicy: "relay", maxMessageSize };
}
