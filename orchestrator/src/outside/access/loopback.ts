import { isIPv4 } from "node:net";

/** Whether an address or a host name, without port, is this machine's own. */
export function isLoopback(address: string): boolean {
  const name = address.toLowerCase();
  if (isIPv4(name)) return name.startsWith("127.");
  return ["::1", "[::1]", "localhost"].includes(name) || name.endsWith(".localhost");
}

/** The host of a `Host` header, without its port. */
export function hostName(host: string): string {
  return host.replace(/:\d*$/, "");
}
