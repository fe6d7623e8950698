import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const DPKG_STATUS = "/var/lib/dpkg/status";

/** The bundle's images, and the npm workspace that each one installs or, for web, is built from. */
export const IMAGES: readonly { name: string; workspace?: string; runsNode: boolean }[] = [
  { name: "web", workspace: "services/web", runsNode: false },
  { name: "signaling", workspace: "services/signaling", runsNode: true },
  { name: "skyway-webrtc-gateway", workspace: "services/skyway-webrtc-gateway", runsNode: true },
  { name: "orchestrator", workspace: "orchestrator", runsNode: true },
  { name: "docker-guard", workspace: "services/docker-guard", runsNode: true },
  { name: "recorder", runsNode: false },
  { name: "transcoder", runsNode: false },
];

export function referenceOf(name: string): string {
  return `skyway-call-recorder/${name}:${process.env["IMAGE_TAG"] ?? "latest"}`;
}

/**
 * Runs a program and returns its stdout.
 *
 * @throws Error with the program's output if its exit code is not 0.
 */
export async function run(program: string, ...args: string[]): Promise<string> {
  return (await exec(program, args, { maxBuffer: MAX_OUTPUT_BYTES })).stdout;
}

/** An image's dpkg status file. It is copied out of the image: the recorder image has no dpkg to run. */
export async function dpkgStatus(reference: string): Promise<string> {
  const container = (await run("docker", "create", "--network", "none", reference)).trim();
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  try {
    await run("docker", "cp", `${container}:${DPKG_STATUS}`, join(folder, "status"));
    return await readFile(join(folder, "status"), "utf8");
  } finally {
    await run("docker", "rm", "--force", container);
    await rm(folder, { recursive: true });
  }
}
