import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Manifest } from "../../orchestrator/src/archive/library/manifest.ts";
import { type Call, fileUrl, findCallsOf, isLegOver, type Leg } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { RECORDINGS_VOLUME } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";
import type { ConnectedCaller } from "./callers.ts";
import type { Host } from "./host.ts";

const SETTLED_LIMIT_MS = 120_000;

/** The result of an interrupted call. */
export interface Outcome {
  peerId: string;
  state: string;
  reason: string;
  code: string | undefined;
  seconds: number;
  /** Sent media at the end that is not in the file. */
  lostSeconds: number;
  /** How much later the manifest's end is than the real end. */
  endedLateSeconds: number;
  decodeErrors: string;
}

/** Waits until the callers' legs are over and evaluates them. `cutAt`: unix ms. */
export async function outcomes(callers: readonly ConnectedCaller[], cutAt: number): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (const caller of callers) {
    const { call, leg } = await settled(caller.peerId);
    const { durationSeconds, decodeErrors } = leg.file
      ? await whole(call, leg)
      : { durationSeconds: 0, decodeErrors: "" };
    found.push({
      ...{ peerId: caller.peerId, state: leg.state, reason: String(leg.reason), code: leg.error?.code, decodeErrors },
      seconds: durationSeconds,
      lostSeconds: (cutAt - caller.connectedAt) / 1000 - durationSeconds,
      endedLateSeconds: (Date.parse(leg.endedAt ?? "") - cutAt) / 1000,
    });
  }
  return found;
}

/** Inconsistencies of the volume when there is no call; normally empty. */
export async function inconsistencies(host: Host): Promise<string[]> {
  const wrong = (await listVolume("spool")).map((file) => `${file} is left over`);
  for (const file of await listVolume("calls")) {
    if (!file.endsWith("/call.json")) {
      if (file.endsWith(".tmp")) wrong.push(`${file} is half-written`);
      continue;
    }
    const path = join("docker/volumes", RECORDINGS_VOLUME, "_data", file.replace("/recordings/", ""));
    try {
      const { legs } = Manifest.parse(JSON.parse(await readFile(host.onDisk(path), "utf8")));
      for (const { id, state } of legs) if (state !== "ready" && state !== "failed") wrong.push(`${id} is ${state}`);
    } catch (error) {
      wrong.push(`${file}: ${error}`);
    }
  }
  return wrong;
}

async function settled(peerId: string): Promise<{ call: Call; leg: Leg }> {
  let seen: unknown;
  return waitFor(
    `the call of ${peerId} is over`,
    SETTLED_LIMIT_MS,
    async () => {
      const [call] = await findCallsOf(peerId);
      seen = call;
      const [leg] = call?.legs ?? [];
      return call && leg && isLegOver(leg) && { call, leg };
    },
    () => seen,
  );
}

async function whole(call: Call, leg: Leg): Promise<{ durationSeconds: number; decodeErrors: string }> {
  await using file = await download(fileUrl(call, leg));
  return await inspect(file.path); // before the file is deleted
}
