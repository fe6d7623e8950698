import { request } from "undici";
import type { Storage } from "../archive/library/storage.ts";
import type { Gateways } from "../recording/gateway/gateways.ts";
import type { Host } from "../recording/host/host.ts";
import type { SharedPeer } from "../recording/peers/sharedPeer.ts";
import type { Recorders } from "../recording/recorders/recorders.ts";

/** A part that does not answer within this time is failing. */
const PART_TIMEOUT_MS = 2_000;

export interface PartHealth {
  status: "ok" | "failing";
  reason?: string;
}

export interface Health {
  status: "ok" | "failing";
  parts: Record<"docker" | "gateway" | "host" | "signaling" | "storage" | "peers", PartHealth>;
}

export interface HealthSources {
  recorders: Pick<Recorders, "mustBeReady">;
  gateways: Pick<Gateways, "trouble">;
  signalingUrl: string;
  host: Pick<Host, "check">;
  storage: Pick<Storage, "mustBeWell">;
  peers: readonly Pick<SharedPeer, "trouble">[];
}

/** Checks the health of every part. */
export async function checkHealth(sources: HealthSources): Promise<Health> {
  const { recorders, gateways, host: machine, signalingUrl, storage: volume, peers } = sources;
  const [docker, gatewayHealth, host, signaling, storage, peersHealth] = await Promise.all([
    healthOf(recorders.mustBeReady()),
    healthOf(noTrouble([gateways])),
    healthOf(machine.check()),
    healthOf(mustBe(isHealthy(`${signalingUrl}/health`), "it does not answer, or reports that it is not healthy")),
    healthOf(volume.mustBeWell()),
    healthOf(noTrouble(peers)),
  ]);
  const parts = { docker, gateway: gatewayHealth, host, signaling, storage, peers: peersHealth };
  return { status: Object.values(parts).every(({ status }) => status === "ok") ? "ok" : "failing", parts };
}

async function healthOf(check: Promise<unknown>): Promise<PartHealth> {
  const timeUp = new AbortController();
  try {
    await Promise.race([check, timeout(timeUp.signal)]);
    return { status: "ok" };
  } catch (error) {
    return { status: "failing", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    timeUp.abort();
  }
}

async function timeout(until: AbortSignal): Promise<never> {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, PART_TIMEOUT_MS);
    until.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
  throw new Error(`it did not answer within ${PART_TIMEOUT_MS} ms`);
}

async function mustBe(fact: Promise<boolean>, otherwise: string): Promise<void> {
  if (!(await fact)) throw new Error(otherwise);
}

async function noTrouble(peers: readonly { trouble(): Promise<string | undefined> }[]): Promise<void> {
  const troubles = await Promise.all(peers.map((peer) => peer.trouble()));
  const found = troubles.filter((trouble) => trouble !== undefined);
  if (found.length > 0) throw new Error(found.join(", "));
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(PART_TIMEOUT_MS) });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
