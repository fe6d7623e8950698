import type { RtcConfig } from "node-datachannel";
import { iceServersOf, type Relay } from "./relay.ts";

/** The UDP port and interface of our end of a connection, or the TURN servers that replace them. */
export interface NetworkBinding {
  port: number;
  bindAddress: string;
  /** Callers reach us through these TURN servers instead of that port. */
  relay?: Relay | undefined;
}

/** The library's configuration for a connection with this binding. */
export function libraryConfiguration({ port, bindAddress, relay }: NetworkBinding, maxMessageSize: number): RtcConfig {
  if (relay === undefined) {
    const ours = { enableIceUdpMux: true, portRangeBegin: port, portRangeEnd: port };
    return { iceServers: [], bindAddress, ...ours, maxMessageSize };
  }
  // A TURN server distinguishes its clients by address and port, so each connection needs a port of its own.
  const iceServers = iceServersOf(relay, Date.now());
  return { iceServers, bindAddress, iceTransportPolicy: "relay", maxMessageSize };
}
