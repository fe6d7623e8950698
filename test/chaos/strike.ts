import { compose } from "../bundle/compose.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { run } from "../bundle/run.ts";
import type { Kill } from "./schedule.ts";

/** Sends SIGKILL, like the kernel's OOM killer. @returns whether there was a container to kill. */
export async function kill({ victim, which }: Kill): Promise<boolean> {
  if (victim === "recorder") {
    const running = (await recorderContainers()).filter(({ Status }) => Status.startsWith("Up"));
    const one = running[Math.floor(which * running.length)];
    return one !== undefined && (await run("docker", ["kill", "--signal", "KILL", one.ID])).code === 0;
  }
  // Kills it from inside, because Docker does not restart a container that was killed with `docker kill`.
  await compose(["exec", "-T", victim, "sh", "-c", "kill -KILL -1"]);
  return true;
}
