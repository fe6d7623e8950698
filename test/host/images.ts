import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { run } from "../bundle/run.ts";
import { IMAGE_TAG } from "../bundle/settings.ts";

const IMAGES = [
  "web",
  "signaling",
  "skyway-webrtc-gateway",
  "orchestrator",
  "docker-guard",
  "recorder",
  "transcoder",
].map((name) => `skyway-call-recorder/${name}:${IMAGE_TAG}`);

/** Copies the bundle's images from this machine's engine to another engine, except images that it already has. */
export async function loadImages(host: string): Promise<void> {
  const missing: string[] = [];
  for (const image of IMAGES) if ((await idOf(image, ["--host", host])) !== (await idOf(image))) missing.push(image);
  if (missing.length === 0) return;
  const save = spawn("docker", ["save", ...missing], { stdio: ["ignore", "pipe", "inherit"] });
  const load = spawn("docker", ["--host", host, "load", "--quiet"], { stdio: ["pipe", "ignore", "inherit"] });
  const ends = [save, load].map(async (child) => once(child, "close"));
  await pipeline(save.stdout, load.stdin);
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error("the images could not be loaded");
}

async function idOf(image: string, engine: string[] = []): Promise<string> {
  return (await run("docker", [...engine, "image", "inspect", "--format", "{{.Id}}", image])).stdout.trim();
}
