import { setTimeout as delay } from "node:timers/promises";
import { compose } from "../bundle/compose.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { run } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import type { Blow, Strike, Victim } from "./schedule.ts";

/** What really happened; a blow takes a second or two on a busy host. */
export interface Struck extends Blow {
  from: number;
  /** When the part was dead, or was continued. */
  to: number;
}

/** Strikes all parts at the same time. Resolves when none is frozen any more, with the blows that hit. */
export async function strike({ blows, frozenMs, which }: Strike): Promise<Struck[]> {
  const struck = await Promise.all(
    blows.map(async (blow) => {
      const container = await containerOf(blow.victim, which);
      if (container === undefined) return [];
      const from = Date.now();
      const hit = blow.how === "killed" ? await kill(blow.victim, container) : await freeze(container, frozenMs);
      return hit ? [{ ...blow, from, to: Date.now() }] : [];
    }),
  );
  return struck.flat();
}

async function containerOf(victim: Victim, which: number): Promise<string | undefined> {
  if (victim === "recorder-network") return `${PROJECT}-${victim}`;
  if (victim !== "recorder") return `${PROJECT}-${victim}-1`;
  const running = (await recorderContainers()).filter(({ Status }) => Status.startsWith("Up"));
  return running[Math.floor(which * running.length)]?.ID;
}

/** Sends SIGKILL, like the kernel's OOM killer. */
async function kill(victim: Victim, container: string): Promise<boolean> {
  if (victim === "recorder") return (await run("docker", ["kill", "--signal", "KILL", container])).code === 0;
  await killService(victim);
  return true;
}

/** Kills it from inside, because Docker does not restart a container that was killed with `docker kill`. */
export async function killService(service: Exclude<Victim, "recorder">): Promise<void> {
  await compose(["exec", "-T", service, "sh", "-c", "kill -KILL -1"]);
}

async function freeze(container: string, ms: number): Promise<boolean> {
  if ((await run("docker", ["pause", container])).code !== 0) return false;
  await delay(ms);
  // A recorder may have been removed meanwhile.
  await run("docker", ["unpause", container]);
  return true;
}
