import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const DPKG_STATUS = "/var/lib/dpkg/status";

/** What is built here, and the npm workspace that each image installs or, for web, was bundled from. */
export const IMAGES: readonly { name: string; workspace?: string; runsNode: boolean }[] = [
  { name: "web", workspace: "services/web", runsNode: false },
  { name: "signaling", workspace: "services/signaling", runsNode: true },
  { name: "skyway-webrtc-gateway", workspace: "services/skyway-webrtc-gateway", runsNode: true },
  { name: "orchestrator", workspace: "orchestrator", runsNode: true },
  { name: "docker-guard", workspace: "services/docker-guard", runsNode: true },
  { name: "recorder", runsNode: false },
];

export function referenceOf(name: string): string {
  return `skyway-call-recorder/${name}:${process.env["IMAGE_TAG"] ?? "latest"}`;
}

/** @throws Error with everything that the program said unless it ended with 0. */
export async function say(program: string, ...args: string[]): Promise<string> {
  return (await exec(program, args, { maxBuffer: MOST_OUTPUT_BYTES })).stdout;
}

/** dpkg's record of an image's packages, copied out of it: the recorder's has no dpkg, and nothing of it is run. */
export async function dpkgStatus(reference: string): Promise<string> {
  const container = (await say("docker", "create", "--network", "none", reference)).trim();
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  try {
    await say("docker", "cp", `${container}:${DPKG_STATUS}`, join(folder, "status"));
    return await readFile(join(folder, "status"), "utf8");
  } finally {
    await say("docker", "rm", "--force", container);
    await rm(folder, { recursive: true });
  }
}
