import { request } from "undici";
import type { Engine } from "./engine/engine.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Library } from "./library/library.ts";
import type { PeerKeeper } from "./peers/peerKeeper.ts";

const SIGNALING_TIMEOUT_MS = 2_000;

export interface PartHealth {
  status: "ok" | "failing";
  reason?: string;
}

export interface Health {
  status: "ok" | "failing";
  parts: Record<"docker" | "gateway" | "signaling" | "storage" | "peers", PartHealth>;
}

export interface HealthSources {
  engine: Engine;
  gateway: Gateway;
  signalingUrl: string;
  library: Library;
  peers: readonly PeerKeeper[];
}

/** Asks every part whether it is well. */
export async function checkHealth(sources: HealthSources): Promise<Health> {
  const [docker, gateway, signaling, storage] = await Promise.all([
    well(sources.engine.ping()),
    well(mustBe(sources.gateway.isWell(), "it does not answer")),
    well(mustBe(answers(`${sources.signalingUrl}/health`), "it does not answer")),
    well(sources.library.checkWritable()),
  ]);
  const missing = sources.peers.filter(({ state }) => state !== "registered");
  const peers: PartHealth =
    missing.length === 0
      ? { status: "ok" }
      : { status: "failing", reason: missing.map(({ peerId, state }) => `${peerId} is ${state}`).join(", ") };
  const parts = { docker, gateway, signaling, storage, peers };
  return { status: Object.values(parts).every(({ status }) => status === "ok") ? "ok" : "failing", parts };
}

async function well(check: Promise<unknown>): Promise<PartHealth> {
  try {
    await check;
    return { status: "ok" };
  } catch (error) {
    return { status: "failing", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function mustBe(fact: Promise<boolean>, otherwise: string): Promise<void> {
  if (!(await fact)) throw new Error(otherwise);
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(SIGNALING_TIMEOUT_MS) });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
