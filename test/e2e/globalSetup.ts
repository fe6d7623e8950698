import type { TestProject } from "vitest/node";
import { down, printLogs, up } from "../bundle/lifecycle.ts";
import { allHealthy } from "../bundle/services.ts";
import { BUNDLES } from "../bundle/settings.ts";

/** E2E_KEEP=1 leaves the bundles running, and uses those that run already, for quick rounds. */
const KEEP = process.env["E2E_KEEP"] === "1";

/** Brings the test bundles up once for all files, and returns what takes it away whatever happened. */
export default async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  const areThere = async () => (await Promise.all(BUNDLES.map((bundle) => allHealthy(bundle)))).every(Boolean);
  if (!(KEEP && (await areThere()))) await bringUp();
  return async () => {
    if (vitest.state.getCountOfFailedTests() > 0) await printLogs();
    if (!KEEP) await down();
  };
}

async function bringUp(): Promise<void> {
  await down(); // what an earlier, killed run left
  try {
    await up();
  } catch (error) {
    await printLogs();
    if (!KEEP) await down();
    throw error;
  }
}
