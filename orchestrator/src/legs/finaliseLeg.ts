import type { Logger } from "pino";
import { asRecorderError, RecorderError } from "../errors.ts";
import type { CallId } from "../ids.ts";
import type { LegIn, ManifestLeg } from "../library/manifest.ts";
import { containerFormat } from "../recorders/codecs.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { byeExpected, type Ending, type EndReason } from "./ending.ts";
import type { Rooms } from "./rooms.ts";
import { firstMediaAt, noteTracks, placements } from "./trackNotes.ts";

type Recorded = LegIn<"connecting" | "recording" | "finalising"> | (LegIn<"failed"> & LegIn<"connecting">);

/** Ends the recorder, joins what it wrote, verifies the file, and keeps it. */
export async function finaliseLeg(
  callId: CallId,
  leg: LegIn<"connecting" | "recording" | "finalising">,
  ending: Ending,
  recorder: StartedRecorder | undefined,
  rooms: Rooms,
  log: Logger,
): Promise<void> {
  const began = performance.now();
  const report = await rooms.gateway.tracks(leg.mediaConnectionId).catch(() => undefined);
  const tracks = report ? noteTracks(report) : leg.tracks;
  const finalising: LegIn<"finalising"> = {
    ...leg,
    state: "finalising",
    tracks,
    startedAt: (firstMediaAt(tracks) ?? new Date(leg.ringingAt)).toISOString(),
    endedAt: ending.at.toISOString(),
    reason: ending.reason === "closed" ? (report?.ended?.reason ?? "closed") : ending.reason,
  };
  await rooms.calls.record(callId, finalising);
  try {
    const finished = await recorder?.finish(byeExpected(ending));
    if (finished && finished.exitCode !== 0) log.warn({ ...finished }, "recorder ended with an error");
    await keepRecording(callId, finalising, rooms, log);
    log.info({ ms: Math.round(performance.now() - began) }, "leg ready");
  } catch (error) {
    const shown = ending.reason === "not_connected" ? new RecorderError("NOT_CONNECTED") : asRecorderError(error);
    await failLeg(callId, finalising, shown, rooms, log);
  }
}

/**
 * Assembles the spooled tracks of a leg and keeps the file.
 *
 * @throws RecorderError NO_MEDIA, NOT_ASSEMBLED, NOT_VERIFIED, and what the engine may say. The tracks stay then.
 */
async function keepRecording(callId: CallId, leg: LegIn<"finalising">, rooms: Rooms, log: Logger): Promise<void> {
  const format = containerFormat(leg.codecs);
  const probed = await rooms.recorders.assemble(
    {
      recorderId: leg.recorderId,
      format,
      placements: placements(leg.tracks),
      title: leg.peerId,
      startedAt: new Date(leg.startedAt),
      callId,
      legId: leg.id,
    },
    { callId, legId: leg.id },
  );
  if (probed === undefined) {
    await rooms.library.removeTracks(leg.recorderId);
    throw new RecorderError("NO_MEDIA");
  }
  const file = await rooms.library.keep(leg.recorderId, callId, leg.id, format, probed);
  await rooms.calls.record(callId, { ...leg, state: "ready", file });
  log.info({ file: file.name, bytes: file.bytes, seconds: file.durationSeconds }, "recording kept");
}

/** Ends a leg with an error that its manifest, the API and the log show alike. */
export async function failLeg(
  callId: CallId,
  leg: ManifestLeg,
  error: RecorderError,
  rooms: Rooms,
  log: Logger,
): Promise<void> {
  log.error({ code: error.code, err: error }, "leg failed");
  const failed: LegIn<"failed"> = {
    ...(leg as Recorded),
    state: "failed",
    endedAt: "endedAt" in leg ? leg.endedAt : new Date().toISOString(),
    error: { code: error.code, message: error.message, hint: error.hint },
  };
  await rooms.calls.record(callId, failed).catch((cause) => log.error({ err: cause }, "manifest not written"));
}

/** What ended a leg of which only the spool is left. */
export const lostEnding = (reason: EndReason): Ending => ({ reason, at: new Date() });
