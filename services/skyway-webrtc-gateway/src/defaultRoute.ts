import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/**
 * The IPv4 address of the interface with the default route: in the bundle, that is the network whose port is published,
 * not an internal network.
 *
 * @returns 127.0.0.1 on a host without any network.
 */
export function defaultRouteAddress(
  routes = readRoutes(),
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string {
  const name = defaultInterface(routes);
  const outward = Object.values(interfaces).flat();
  const candidates = [...(name === undefined ? [] : (interfaces[name] ?? [])), ...outward];
  return candidates.find((one) => one && isIPv4(one.address) && !one.internal)?.address ?? "127.0.0.1";
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    // Not Linux: the caller falls back to the first address that is not loopback.
    return "";
  }
}

/** Columns of proc(5) net/route: Iface, Destination, Gateway, Flags, RefCnt, Use, Metric, Mask, … */
function defaultInterface(routes: string): string | undefined {
  const defaults = routes
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000");
  return defaults.sort((one, other) => Number(one[6]) - Number(other[6]))[0]?.[0];
}
