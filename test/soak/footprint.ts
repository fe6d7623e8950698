import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processTree } from "../browsers/processTree.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { neededBytes } from "./memory.ts";

const SERVICES = ["web", "signaling", "skyway-webrtc-gateway", "orchestrator", "docker-guard"] as const;
export type Service = (typeof SERVICES)[number];
const isNode = (service: Service): boolean => service !== "web";
const KIBIBYTE = 1024;
/** Time until the measurement itself has no effect any more. */
const INSPECTOR_CLOSES_MS = 500;

/** Resources used by one service's processes. */
export interface ProcessResources {
  residentBytes: number;
  /** Open files, pipes and sockets. */
  handles: number;
  sockets: number;
  threads: number;
}

/** Resources that the bundle uses at one moment. */
export interface Footprint {
  services: Record<Service, ProcessResources>;
  /** Needed memory after garbage collection, only for services that run on Node.js. */
  neededBytes: Partial<Record<Service, number>>;
  /** Number of recorder containers, running or not. */
  recorders: number;
  networks: number;
  volumes: number;
  spoolFiles: number;
}

export async function footprint(): Promise<Footprint> {
  const list = async (...args: string[]) => (await runOrThrow("docker", args)).split("\n").filter(Boolean).length;
  const own = ["--filter", `label=com.docker.compose.project=${PROJECT}`, "--quiet"];
  const needed = await neededByAll();
  const [services, recorders, networks, volumes, spool] = await Promise.all([
    allProcessResources(),
    recorderContainers(),
    list("network", "ls", ...own),
    list("volume", "ls", ...own),
    listVolume("spool"),
  ]);
  return { services, neededBytes: needed, recorders: recorders.length, networks, volumes, spoolFiles: spool.length };
}

async function neededByAll(): Promise<Footprint["neededBytes"]> {
  const services = SERVICES.filter(isNode);
  const bytes = await Promise.all(services.map(async (service) => [service, await neededBytes(service)] as const));
  await delay(INSPECTOR_CLOSES_MS);
  return Object.fromEntries(bytes);
}

/** Resources used by every service's processes, read from the host's /proc, so that no process has to be started. */
export async function allProcessResources(): Promise<Record<Service, ProcessResources>> {
  const names = SERVICES.map((service) => `${PROJECT}-${service}-1`);
  const pids = (await runOrThrow("docker", ["inspect", "--format", "{{.State.Pid}}", ...names])).trim().split("\n");
  return Object.fromEntries(
    SERVICES.map((service, index) => [service, processResources(Number(pids[index]))]),
  ) as Record<Service, ProcessResources>;
}

function processResources(root: number): ProcessResources {
  const sum: ProcessResources = { residentBytes: 0, handles: 0, sockets: 0, threads: 0 };
  for (const pid of processTree(root)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      sum.residentBytes += numberAfter("VmRSS:", status) * KIBIBYTE;
      sum.threads += numberAfter("Threads:", status);
      const handles = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
      sum.handles += handles.length;
      sum.sockets += handles.filter((target) => target.startsWith("socket:")).length;
    } catch {
      // The process has ended; usually it was a health check.
    }
  }
  return sum;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function numberAfter(name: string, text: string): number {
  return Number(new RegExp(`^${name}\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
