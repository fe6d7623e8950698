import type { Health } from "../api/schemas.ts";

/** A part that is not well, in words for who reads the console. */
export interface Trouble {
  part: string;
  reason: string;
  /** What it means for calls. */
  consequence: string;
}

const PARTS: Readonly<Record<string, { part: string; consequence: string }>> = {
  docker: { part: "Docker engine", consequence: "No recorder can be started." },
  gateway: { part: "Gateway", consequence: "Calls do not reach the recorder." },
  signaling: { part: "Signalling", consequence: "Pages cannot call anyone." },
  storage: { part: "Recordings volume", consequence: "Nothing can be kept." },
  peers: { part: "Recorder's peer", consequence: "Pages that call it find nobody." },
};
const ORCHESTRATOR: Trouble = {
  part: "Orchestrator",
  reason: "it does not answer",
  consequence: "Calls are neither recorded nor shown until it does.",
};

/** @param health undefined where it could not be had. */
export function troubles(health: Health | undefined): Trouble[] {
  if (health === undefined) return [ORCHESTRATOR];
  return Object.entries(health.parts)
    .filter(([, { status }]) => status !== "ok")
    .map(([name, { reason = "it is not well" }]) => ({
      part: PARTS[name]?.part ?? name,
      reason,
      consequence: PARTS[name]?.consequence ?? "",
    }));
}
