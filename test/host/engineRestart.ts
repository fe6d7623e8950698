import { setTimeout as delay } from "node:timers/promises";
import { allHealthy } from "../bundle/services.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { Callers } from "./callers.ts";
import type { Host } from "./host.ts";
import { startBundle } from "./hostBundle.ts";
import { inconsistencies, type Outcome, outcomes } from "./outcome.ts";

const HEALTHY_LIMIT_MS = 180_000;

export interface EngineRestart {
  /** Outcomes of the calls that were running. */
  outcomes: Outcome[];
  /** Outcome of a call after the restart. */
  next: Outcome[];
  inconsistencies: string[];
  /** Time from the restart until every service was healthy again, without intervention. */
  healthyAfterSeconds: number;
}

/** Restarts a host's Docker engine during calls. Surviving calls continue for the same time again. */
export async function engineRestart(
  host: Host,
  { liveRestore = false, callers: count = 3, callMs = 6_000 } = {},
): Promise<EngineRestart> {
  await host.engine.configure({ liveRestore });
  await using _ = await startBundle(host);
  const callers = await Callers.connect(host, count);
  await delay(callMs);
  const restartedAt = Date.now();
  await host.engine.restart();
  await waitFor("every service is healthy again", HEALTHY_LIMIT_MS, allHealthy);
  const healthyAfterSeconds = (Date.now() - restartedAt) / 1000;
  // Without live-restore the engine stops the containers, which ends the calls. With live-restore calls continue, except
  // those of callers on the host itself, as here: ports published on loopback go through a process of the engine.
  await callers[Symbol.asyncDispose]();
  const found = await outcomes(callers.all, restartedAt);
  return {
    outcomes: found,
    next: await callOnce(host),
    inconsistencies: await inconsistencies(host),
    healthyAfterSeconds,
  };
}

async function callOnce(host: Host): Promise<Outcome[]> {
  const callers = await Callers.connect(host, 1);
  await delay(3_000);
  const endedAt = Date.now();
  await callers[Symbol.asyncDispose]();
  return outcomes(callers.all, endedAt);
}
