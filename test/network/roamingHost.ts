import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Browser, EXECUTABLES } from "../browsers/browser.ts";
import { launchChromium } from "../browsers/chromium.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { PROJECT, REPOSITORY } from "../bundle/settings.ts";

export type Network = "wifi" | "mobile";

interface NetworkSettings {
  /** Host numbers of this machine's end and of the roaming host's end, within a /24. */
  here: number;
  there: number;
  /** Route metric: the lowest is used for sockets that are not bound to a network. */
  metric: number;
  /** Routing table for packets from its address. */
  table: number;
}

const NETWORK_SETTINGS: Record<Network, NetworkSettings> = {
  wifi: { here: 17, there: 18, metric: 100, table: 101 },
  mobile: { here: 33, there: 34, metric: 200, table: 102 },
};
const NETWORKS: readonly Network[] = ["wifi", "mobile"];

/** Names and addresses differ per project; 198.18.0.0/15 is reserved for tests (RFC 2544). */
const DIGEST = createHash("sha256").update(PROJECT).digest();
const NAMESPACE = `${PROJECT}-roaming`;
const STEM = `scr${DIGEST.toString("hex", 0, 3)}`; // interface names have at most 15 characters
const SUBNET = `198.${18 + ((DIGEST[3] ?? 0) % 2)}.${DIGEST[4]}`;

/** Also different per project (RFC 4193). */
const SUBNET_IPV6 = `fd${DIGEST.toString("hex", 5, 6)}:${DIGEST.toString("hex", 6, 8)}:${DIGEST.toString("hex", 8, 10)}`;

/** 4, or 6 for a host with IPv6 only. */
export type Family = 4 | 6;

/** This machine's address for a roaming host, over either network. */
export const SERVERS: Record<Family, string> = { 4: addressOf(4, 1), 6: addressOf(6, 1) };

const Links = z.array(z.object({ stats64: z.object({ tx: z.object({ bytes: z.number() }) }) }));

/** Adds this machine's address for roaming hosts until the end of its scope (`await using`). Requires root. */
export async function openServerAddress(family: Family = 4): Promise<AsyncDisposable> {
  if (process.getuid?.() !== 0) throw new Error("adding addresses and network namespaces requires root");
  const one = `${SERVERS[family]}/${family === 4 ? 32 : 128}`;
  const remove = () => run("ip", ["address", "delete", one, "dev", "lo"]);
  await remove(); // leftovers of an aborted run
  await ip("address", "add", one, "dev", "lo");
  return { [Symbol.asyncDispose]: async () => void (await remove()) };
}

/**
 * A simulated machine with two networks, like a phone. A socket that is bound to the address of a network uses only
 * that network, and none when it is down.
 */
export class RoamingHost implements AsyncDisposable {
  /** Creates the host with these networks up, after removing leftovers of an aborted run. */
  static async open(up: readonly Network[], family: Family = 4): Promise<RoamingHost> {
    await removeAll();
    try {
      await ip("netns", "add", NAMESPACE);
      await inside("link", "set", "lo", "up");
      for (const network of NETWORKS) await connect(network, family);
      const host = new RoamingHost(family);
      for (const network of up) await host.up(network);
      return host;
    } catch (error) {
      await removeAll();
      throw error;
    }
  }

  readonly #family: Family;

  private constructor(family: Family) {
    this.#family = family;
  }

  async up(network: Network): Promise<void> {
    const { here, there, metric, table } = NETWORK_SETTINGS[network];
    const family = `-${this.#family}`;
    const route = ["default", "via", addressOf(this.#family, here), "dev", network];
    await inside("link", "set", network, "up");
    await inside("address", "add", ...withNet(this.#family, there), "dev", network);
    await inside(family, "route", "add", ...route, "metric", String(metric));
    await inside(family, "route", "add", ...route, "table", String(table));
  }

  /** Takes the network down without notifying the other side, and removes its address like a network manager. */
  async down(network: Network): Promise<void> {
    await inside("link", "set", network, "down");
    await inside("address", "flush", "dev", network);
  }

  /** Bytes sent over a network. */
  async sent(network: Network): Promise<number> {
    const [link] = Links.parse(JSON.parse(await inside("-json", "-statistics", "link", "show", network)));
    return link?.stats64.tx.bytes ?? 0;
  }

  /** Starts Chromium on the host. Pages of `origin` may open camera and microphone as if they used HTTPS. */
  launchChromium(origin: string): Promise<Browser> {
    return launchChromium({
      executablePath: fileURLToPath(new URL("chromium", import.meta.url)),
      env: { NETWORK_NAMESPACE: NAMESPACE, CHROMIUM: EXECUTABLES.chromium },
      reaches: [SERVERS[this.#family]],
      args: [`--unsafely-treat-insecure-origin-as-secure=${origin}`],
    });
  }

  /** Starts a program of this repository on the host. */
  spawn(program: string, args: string[]): ChildProcess {
    const stdio: StdioOptions = ["pipe", "pipe", "inherit"];
    return spawn("ip", ["netns", "exec", NAMESPACE, program, ...args], { cwd: REPOSITORY, stdio });
  }

  /** Its address in a network. */
  addressIn(network: Network): string {
    return addressOf(this.#family, NETWORK_SETTINGS[network].there);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return removeAll();
  }
}

async function connect(network: Network, family: Family): Promise<void> {
  const { here, there, table } = NETWORK_SETTINGS[network];
  const outer = nameOf(network);
  await ip("link", "add", outer, "type", "veth", "peer", "name", network, "netns", NAMESPACE);
  await ip("address", "add", ...withNet(family, here), "dev", outer);
  await ip("link", "set", outer, "up");
  // Like real networks, packets from an address of another network are dropped.
  await writeFile(`/proc/sys/net/ipv4/conf/${outer}/rp_filter`, "1");
  await inside(`-${family}`, "rule", "add", "from", addressOf(family, there), "lookup", String(table));
}

function addressOf(family: Family, place: number): string {
  return family === 4 ? `${SUBNET}.${place}` : `${SUBNET_IPV6}::${place.toString(16)}`;
}

/** One of 16 addresses with its prefix. Nobody else can have it, so duplicate address detection is not needed. */
function withNet(family: Family, place: number): string[] {
  return family === 4 ? [`${addressOf(4, place)}/28`] : [`${addressOf(6, place)}/124`, "nodad"];
}

/** Deletes interfaces from this side, because the namespace exists as long as a process is in it. */
async function removeAll(): Promise<void> {
  for (const network of NETWORKS) await run("ip", ["link", "delete", nameOf(network)]);
  await run("ip", ["netns", "delete", NAMESPACE]);
}

const nameOf = (network: Network): string => `${STEM}${network.slice(0, 1)}`;
const ip = (...args: string[]): Promise<string> => runOrThrow("ip", args);
const inside = (...args: string[]): Promise<string> => ip("-netns", NAMESPACE, ...args);
