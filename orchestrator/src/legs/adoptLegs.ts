import { isOver } from "../calls/view.ts";
import { RecorderError } from "../errors.ts";
import type { CallId } from "../ids.ts";
import type { LegIn, Manifest, ManifestLeg } from "../library/manifest.ts";
import { failLeg, finaliseLeg, lostEnding } from "./finaliseLeg.ts";
import { record } from "./recordLeg.ts";
import type { Rooms } from "./rooms.ts";

/** Failures after which the tracks are still in the spool and another try may succeed. */
const WORTH_ANOTHER_TRY = new Set(["NOT_ASSEMBLED", "NOT_VERIFIED", "DOCKER_UNREACHABLE", "RECORDER_NOT_STARTED"]);

/**
 * Takes up what an earlier life of this process left: legs whose call goes on are followed again, ended ones are
 * finalised, and leftovers of the spool are tried again. Nothing that still records is ended.
 *
 * @returns when every such leg is being cared for; their stories go on.
 */
export async function adoptLegs(rooms: Rooms): Promise<void> {
  const unfinished: { manifest: Manifest; legs: ManifestLeg[] }[] = [];
  for await (const id of rooms.library.callIds()) {
    const manifest = await rooms.library.readManifest(id);
    const legs = manifest?.legs.filter(isUnfinished) ?? [];
    if (manifest && legs.length > 0) unfinished.push({ manifest, legs });
  }
  const recorderIds = unfinished.flatMap(({ legs }) =>
    legs.flatMap((leg) => ("recorderId" in leg && leg.recorderId) || []),
  );
  await rooms.recorders.removeStrangers(new Set(recorderIds));
  for (const { manifest, legs } of unfinished) {
    rooms.calls.adopt(manifest);
    for (const leg of legs) await adopt(manifest.id, leg, rooms);
  }
}

function isUnfinished(leg: ManifestLeg): boolean {
  return !isOver(leg.state) || (leg.state === "failed" && hasRecorder(leg) && WORTH_ANOTHER_TRY.has(leg.error.code));
}

function hasRecorder(leg: ManifestLeg): boolean {
  return "recorderId" in leg && leg.recorderId !== undefined;
}

async function adopt(callId: CallId, leg: ManifestLeg, rooms: Rooms): Promise<void> {
  const log = rooms.log.child({ callId, legId: leg.id });
  if (leg.state === "ringing" || leg.state === "preparing") {
    await rooms.gateway.hangUp(leg.mediaConnectionId).catch(() => undefined);
    await failLeg(callId, leg, new RecorderError("INTERRUPTED"), rooms, log);
    return;
  }
  const recorded = leg as LegIn<"connecting" | "recording" | "finalising">;
  const recorder = await rooms.recorders.find(recorded.recorderId);
  const goesOn = recorder !== undefined && leg.state !== "finalising" && (await isOpen(recorded, rooms));
  log.info({ state: leg.state, goesOn }, "leg adopted");
  void rooms.desk.run(callId, leg.id, (stop) =>
    goesOn
      ? record(callId, recorded as LegIn<"connecting" | "recording">, recorder, stop, false, rooms, log)
      : finaliseLeg(callId, recorded, endingOf(leg), recorder, rooms, log),
  );
}

function endingOf(leg: ManifestLeg): ReturnType<typeof lostEnding> {
  const ended = "endedAt" in leg && leg.endedAt ? new Date(leg.endedAt) : new Date();
  return { ...lostEnding("orchestrator_lost"), at: ended };
}

async function isOpen(leg: ManifestLeg, rooms: Rooms): Promise<boolean> {
  try {
    return (await rooms.gateway.status(leg.mediaConnectionId)).open;
  } catch {
    return false;
  }
}
