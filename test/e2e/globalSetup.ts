import type { TestProject } from "vitest/node";
import { down, printLogs, up } from "../bundle/lifecycle.ts";
import { allHealthy } from "../bundle/services.ts";
import { BUNDLES } from "../bundle/settings.ts";

/** E2E_KEEP=1 reuses running bundles and leaves them running, for fast repeated runs. */
const KEEP = process.env["E2E_KEEP"] === "1";

/** Starts the test bundles once for all files, and returns the function that removes them. */
export default async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  const areThere = async () => (await Promise.all(BUNDLES.map((bundle) => allHealthy(bundle)))).every(Boolean);
  if (!(KEEP && (await areThere()))) await bringUp();
  return async () => {
    if (vitest.state.getCountOfFailedTests() > 0) await printLogs();
    if (!KEEP) await down();
  };
}

async function bringUp(): Promise<void> {
  await down(); // leftovers of a killed run
  try {
    await up();
  } catch (error) {
    await printLogs();
    if (!KEEP) await down();
    throw error;
  }
}
