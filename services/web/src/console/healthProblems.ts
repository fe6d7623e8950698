import type { Health } from "../api/schemas.ts";

/** A failing part, as the console shows it. */
export interface HealthProblem {
  part: string;
  reason: string;
  /** What goes on, and what waits. */
  consequence: string;
}

const PARTS: Readonly<Record<string, { part: string; consequence: string }>> = {
  docker: {
    part: "Docker engine",
    consequence:
      "Running calls are still recorded, as long as their containers run. New calls and films wait, or fail.",
  },
  gateway: {
    part: "Gateway",
    consequence: "Its calls may have ended; what was received is kept. New calls wait for it, or are refused.",
  },
  host: { part: "Host", consequence: "Running calls are still recorded. New calls are refused." },
  signaling: { part: "Signalling", consequence: "Running calls are still recorded. New calls cannot begin." },
  storage: {
    part: "Recordings volume",
    consequence: "New calls are refused. Running recordings are closed, or finished when the volume can be written.",
  },
  peers: { part: "Recorder's peer", consequence: "Running calls are still recorded. New calls cannot begin." },
};
const ORCHESTRATOR: HealthProblem = {
  part: "Orchestrator",
  reason: "it does not answer",
  consequence:
    "Running calls are still recorded. New calls wait for it for up to a minute. Lists, films and uploads wait until it answers.",
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
