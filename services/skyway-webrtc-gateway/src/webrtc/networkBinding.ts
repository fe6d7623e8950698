import type { RtcConfig } from "node-datachannel";
import { iceServersOf, type Relay } from "./relay.ts";

/** The UDP port and interface of our end of a connection, or the TURN servers that replace them. */
export interface NetworkBinding {
  port: number;
  bindAddress: string;
  /** Callers reach us through these TURN servers instead of that port. */
  relay?: Relay | undefined;
  /** The connection has another port, of its own. The other side reaches it directly, or we reach the other side. */
  hasOwnPort?: true;
}

/**
 * The binding of a connection that answers an offer. The library assigns packets to the connections of one port by their
 * source address. If an offer comes from such a port too (of another gateway, or of this one), all calls between both have
 * the same two addresses. So the answer is given on another port.
 */
export function bindingFor(binding: NetworkBinding, { isGateway }: { isGateway: boolean }): NetworkBinding {
  return isGateway && !binding.relay ? { ...binding, hasOwnPort: true } : binding;
}

/** The library's configuration for a connection with this binding. */
export function libraryConfiguration(
  { port, bindAddress, relay, hasOwnPort }: NetworkBinding,
  maxMessageSize: number,
): RtcConfig {
  if (relay) {
    // A TURN server distinguishes its clients by address and port, so each connection needs a port of its own.
    const iceServers = iceServersOf(relay, Date.now());
    return { iceServers, bindAddress, iceTransportPolicy: "relay", maxMessageSize };
  }
  const shared = hasOwnPort ? {} : { enableIceUdpMux: true, portRangeBegin: port, portRangeEnd: port };
  return { iceServers: [], bindAddress, ...shared, maxMessageSize };
}
