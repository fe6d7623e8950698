import { recorderContainers } from "../bundle/containers.ts";
import { scrape } from "../bundle/metrics.ts";
import { waitFor } from "../bundle/waitFor.ts";

const LIMIT_MS = 60_000;

/**
 * Counters that still show something after all calls have ended, and recorders that still run; empty if all are right.
 * Waits for them, because a recorder is removed after its leg is ready.
 */
export async function wrongCounters(): Promise<string[]> {
  let wrong: string[] = [];
  const settle = waitFor("every counter is right", LIMIT_MS, async () => {
    wrong = await look();
    return wrong.length === 0;
  });
  await settle.catch(() => undefined);
  return wrong;
}

async function look(): Promise<string[]> {
  const [containers, orchestrator, gateway] = await Promise.all([
    recorderContainers(),
    scrape("orchestrator"),
    scrape("skyway-webrtc-gateway"),
  ]);
  const wrong: string[] = [];
  const slots = orchestrator.get("call_recorder_recorders") ?? Number.NaN;
  if (slots !== 0) wrong.push(`call_recorder_recorders is ${slots}`);
  if (containers.length > 0) wrong.push(`${containers.length} recorder containers are left`);
  const held = gateway.get("webrtc_gateway_held_media_bytes");
  if (held !== 0) wrong.push(`webrtc_gateway_held_media_bytes is ${held}`);
  for (const [name, value] of orchestrator) {
    if (/^call_recorder_(legs|gateway_legs)\{/.test(name) && value !== 0) wrong.push(`${name} is ${value}`);
  }
  return wrong;
}
