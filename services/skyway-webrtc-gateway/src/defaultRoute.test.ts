import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { defaultRouteAddress } from "./defaultRoute.ts";

const HEADER = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
const ETH0_SUBNET = "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
const ETH1_DEFAULT = "eth1\t00000000\t010013AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
const ETH2_DEFAULT = "eth2\t00000000\t010014AC\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";

const INTERFACES = {
  lo: [ipv4("127.0.0.1", true)],
  eth0: [ipv4("172.18.0.2")],
  eth1: [ipv6("fe80::1"), ipv4("172.19.0.2")],
  eth2: [ipv4("172.20.0.2")],
};

test("media is bound to the network with the default route", () => {
  expect(defaultRouteAddress(HEADER + ETH0_SUBNET + ETH1_DEFAULT, INTERFACES)).toBe("172.19.0.2");
});

test("the default route with the lowest metric is used", () => {
  expect(defaultRouteAddress(HEADER + ETH2_DEFAULT + ETH1_DEFAULT, INTERFACES)).toBe("172.19.0.2");
});

test("without a default route the first network is used, or loopback if there is none", () => {
  expect(defaultRouteAddress(HEADER + ETH0_SUBNET, INTERFACES)).toBe("172.18.0.2");
  expect(defaultRouteAddress("", { lo: INTERFACES.lo })).toBe("127.0.0.1");
});

function ipv4(address: string, internal = false): NetworkInterfaceInfo {
  return { address, internal, family: "IPv4", netmask: "255.255.0.0", mac: "", cidr: `${address}/16` };
}

function ipv6(address: string): NetworkInterfaceInfo {
  return { address, internal: false, family: "IPv6", netmask: "ffff::", mac: "", cidr: `${address}/64`, scopeid: 1 };
}
