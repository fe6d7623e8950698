import { createSocket, type Socket, type SocketOptions } from "node:dgram";

export type Family = 4 | 6;

export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** Whether it means all addresses of this host. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/**
 * A UDP socket for numeric addresses. Node's default lookup would delay every bind, connect and send to a later turn of
 * the event loop, even for numeric addresses.
 */
export function createNumericSocket(family: Family, options: Omit<SocketOptions, "type" | "lookup"> = {}): Socket {
  return createSocket({
    ...options,
    type: `udp${family}`,
    lookup: (host, _options, callback) => callback(null, host, family),
  });
}
