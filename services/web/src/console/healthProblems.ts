import type { Health } from "../api/schemas.ts";

/** A failing part, as the console shows it. */
export interface HealthProblem {
  part: string;
  reason: string;
  /** The effect on calls. */
  consequence: string;
}

const PARTS: Readonly<Record<string, { part: string; consequence: string }>> = {
  docker: { part: "Docker engine", consequence: "No recorder can be started." },
  gateway: { part: "Gateway", consequence: "Calls do not reach the recorder." },
  signaling: { part: "Signalling", consequence: "Pages cannot call anyone." },
  storage: { part: "Recordings volume", consequence: "Recordings cannot be stored." },
  peers: { part: "Recorder's peer", consequence: "Pages cannot call the recorder." },
};
const ORCHESTRATOR: HealthProblem = {
  part: "Orchestrator",
  reason: "it does not answer",
  consequence: "Calls cannot be recorded or shown until it answers.",
};

/** @param health undefined if it could not be fetched. */
export function healthProblems(health: Health | undefined): HealthProblem[] {
  if (health === undefined) return [ORCHESTRATOR];
  return Object.entries(health.parts)
    .filter(([, { status }]) => status !== "ok")
    .map(([name, { reason = "it is failing" }]) => ({
      part: PARTS[name]?.part ?? name,
      reason,
      consequence: PARTS[name]?.consequence ?? "",
    }));
}
