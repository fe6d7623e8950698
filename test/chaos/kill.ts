import { compose } from "../bundle/compose.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { run } from "../bundle/run.ts";
import type { Kill } from "./schedule.ts";

/** SIGKILL, as the kernel sends it to a process that takes too much memory. @returns whether there was anyone to kill. */
export async function kill({ victim, which }: Kill): Promise<boolean> {
  if (victim === "recorder") {
    const running = (await recorderContainers()).filter(({ Status }) => Status.startsWith("Up"));
    const one = running[Math.floor(which * running.length)];
    return one !== undefined && (await run("docker", ["kill", "--signal", "KILL", one.ID])).code === 0;
  }
  // From within: a container that the engine was asked to kill counts as stopped, and is not started again.
  await compose(["exec", "-T", victim, "sh", "-c", "kill -KILL -1"]);
  return true;
}
