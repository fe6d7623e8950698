import { isOver } from "../../archive/calls/view.ts";
import type { LegIn, Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import { asRecorderError, RecorderError } from "../../errors.ts";
import type { RecorderId } from "../../ids.ts";
import { recorderIdOf } from "../../ids.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { redirectHeld } from "./answerFirst.ts";
import type { Ending } from "./ending.ts";
import { failLeg } from "./failLeg.ts";
import { finishLeg, type SpooledLeg } from "./finishLeg.ts";
import { LegContext } from "./legContext.ts";
import type { LegServices } from "./legServices.ts";
import { discard } from "./nextRecorder.ts";
import { allRecordersOf, recordersOf } from "./parts.ts";
import { type IncomingLeg, recordLeg, recordToEnd } from "./recordLeg.ts";
import { finishRolled, rolledFile } from "./rollOver.ts";

/** Smallest size that proves recorded media: without packets, two files contain only headers of 503 bytes each. */
const LEAST_MEDIA_BYTES = 2_048;

/** Recorders and spool files left by an earlier process. Adopting a leg removes its entries here. */
interface Leftovers {
  recorders: Map<string, StartedRecorder>;
  spooled: Map<RecorderId, number>;
}

/**
 * Continues the work of an earlier process: follows legs whose call is still active, finalises ended legs, and retries
 * files that could not be stored. Recorders that still record a leg are not stopped.
 *
 * @returns when all these legs have been resumed; they continue in the background.
 */
export async function adoptLegs(services: LegServices): Promise<void> {
  await services.recorders.removeAssemblers();
  const left: Leftovers = { recorders: await services.recorders.find(), spooled: await services.library.spooled() };
  for await (const manifest of services.calls.all()) {
    const unfinished = manifest.legs.filter((leg) => isUnfinished(leg, left));
    if (unfinished.length > 0 || services.calls.mayBeRejoined(manifest)) services.calls.adopt(manifest);
    for (const leg of unfinished) adoptLeg(manifest, leg, left, services);
    for (const leg of manifest.legs) {
      if (leg.state !== "ready" || isUnfinished(leg, left)) continue;
      for (const recorderId of allRecordersOf(leg)) await clear(recorderId, left, services);
    }
  }
  await cleanUpUnknown(left, services);
}

function isUnfinished(leg: ManifestLeg, { spooled }: Leftovers): boolean {
  // A failed leg is finished, unless some of its media is still in the spool and may be stored after all.
  const isSpooled = (recorderId: RecorderId) => spooled.has(recorderId);
  if (leg.state === "ready") return leg.files?.some((file) => !file.file && recordersOf(file).some(isSpooled)) ?? false;
  return !isOver(leg.state) || allRecordersOf(leg).some(isSpooled);
}

function isSpooled(leg: ManifestLeg): leg is SpooledLeg {
  return "recorderId" in leg && leg.recorderId !== undefined && leg.mediaConnectionId !== undefined;
}

function adoptLeg(manifest: Manifest, adopted: ManifestLeg, left: Leftovers, services: LegServices): void {
  const { leg, wasSwitching } = resolveRollOver(adopted, left, services);
  const recorderId = isSpooled(leg) ? leg.recorderId : recorderIdOf(leg.id, 1);
  const recorder = left.recorders.get(recorderId);
  const files = ("files" in leg && leg.files) || [];
  const open = files.map((file) => (file.file ? undefined : { recorder: left.recorders.get(file.recorderId) }));
  const kept = new Set([recorderId, ...files.filter(({ file }) => !file).map((file) => file.recorderId)]);
  for (const one of [recorderId, ...allRecordersOf(leg)]) {
    if (!kept.has(one))
      void left.recorders
        .get(one)
        ?.finish(false)
        .catch(() => undefined);
    left.recorders.delete(one);
    left.spooled.delete(one);
  }
  void services.runningLegs.run(manifest.id, leg.id, async (stop) => {
    const context = new LegContext(manifest.id, leg.id, services, stop);
    context.log.info({ state: leg.state, recorder: recorder !== undefined }, "leg adopted");
    context.files.load(files);
    context.notes.load(leg.notes ?? []);
    open.forEach((one, index) => {
      if (one && "codecs" in leg && leg.codecs) {
        context.files.finish(finishRolled({ ...leg, codecs: leg.codecs }, index + 1, one.recorder, context));
      }
    });
    if (leg.state === "ready") {
      await context.files.settled();
      return;
    }
    if (leg !== adopted) await context.write(leg);
    if (wasSwitching && recorder && isSpooled(leg)) {
      // The gateway may be about to switch to the next recorder, which has been stopped: keep it on this one.
      await services.gateway
        .switchAtKeyframe(leg.mediaConnectionId, leg.codecs ?? {}, recorder.redirect)
        .catch(() => undefined);
    }
    if (!isSpooled(leg)) await restartLeg(leg, recorder, context);
    else if (leg.state === "connecting" && (await isHeld(leg, context))) await resumeHeld(leg, recorder, context);
    else if (recorder && (leg.state === "connecting" || leg.state === "recording")) {
      await recordToEnd(leg, recorder, context);
    } else await finish(leg, recorder, context);
  });
}

/**
 * Resolves an interrupted rollover: if the next recorder has received media, the rollover is complete; otherwise the
 * leg keeps its current recorder, and the next one is discarded.
 */
function resolveRollOver(
  leg: ManifestLeg,
  { spooled }: Leftovers,
  services: LegServices,
): { leg: ManifestLeg; wasSwitching: boolean } {
  if ((leg.state !== "recording" && leg.state !== "connecting") || !leg.next) return { leg, wasSwitching: false };
  const { next, parts, ...rest } = leg;
  if ((spooled.get(next.recorderId) ?? 0) < LEAST_MEDIA_BYTES)
    return { leg: { ...rest, ...(parts && { parts }) }, wasSwitching: true };
  const current = (leg.files?.length ?? 0) + 1;
  const end = { endedAt: services.clock.now().toISOString(), reason: next.reason };
  const file = { ...rolledFile(leg, { current }), ...end };
  return {
    leg: { ...rest, recorderId: next.recorderId, tracks: [], files: [...(leg.files ?? []), file] },
    wasSwitching: false,
  };
}

/** The earlier process had not answered this call yet: answers it now if it is still ringing. */
async function restartLeg(leg: ManifestLeg, recorder: StartedRecorder | undefined, context: LegContext): Promise<void> {
  const { gateway, library, recorders } = context.services;
  try {
    await recorder?.finish(false);
    await recorders.swept(); // frees the container's name for reuse
    await library.clearSpool(recorderIdOf(leg.id, 1));
    const ringing = await stillRinging(leg, context);
    if (ringing) return await recordLeg(ringing, context);
  } catch (error) {
    context.log.warn({ err: error }, "leftovers of the interrupted leg could not be removed");
  }
  if (leg.mediaConnectionId) await gateway.hangUp(leg.mediaConnectionId).catch(() => undefined);
  await failLeg(leg, new RecorderError("INTERRUPTED"), context);
}

/** Whether the call was answered, and its media is held: the earlier process ended before it was redirected. */
async function isHeld({ mediaConnectionId }: LegIn<"connecting">, { services }: LegContext): Promise<boolean> {
  const report = await services.gateway.tracks(mediaConnectionId).catch(() => undefined);
  return report?.held === true;
}

/** Starts another recorder: the one of the earlier process may not have bound its ports. */
async function resumeHeld(
  leg: LegIn<"connecting">,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  if (recorder) await discard(recorder, context);
  const resumed = await context.write({ ...leg, recorderId: context.nextRecorderId(leg) });
  try {
    const redirected = await redirectHeld(resumed, context);
    await recordToEnd(redirected.leg, redirected.recorder, context);
  } catch (error) {
    await context.services.gateway.hangUp(leg.mediaConnectionId, asRecorderError(error).code).catch(() => undefined);
    await failLeg(resumed, error, context);
  }
}

/** undefined for dialled legs: the call request and its metadata are lost. */
async function stillRinging(leg: ManifestLeg, { services }: LegContext): Promise<IncomingLeg | undefined> {
  const { mediaConnectionId } = leg;
  if (leg.dialled || !mediaConnectionId || (leg.state !== "ringing" && leg.state !== "preparing")) return undefined;
  try {
    await services.gateway.status(mediaConnectionId);
    return { ...leg, mediaConnectionId, state: "ringing" };
  } catch {
    return undefined; // the caller has hung up, or the gateway and its calls are gone
  }
}

async function finish(leg: SpooledLeg, recorder: StartedRecorder | undefined, context: LegContext): Promise<void> {
  const { gateway, clock } = context.services;
  const ended = "endedAt" in leg;
  if (!ended) await gateway.hangUp(leg.mediaConnectionId).catch(() => undefined);
  const ending: Ending = {
    reason: "closed",
    at: ended ? new Date(leg.endedAt) : clock.now(),
    gatewayReason: ("reason" in leg && leg.reason) || "orchestrator_lost",
  };
  await finishLeg(leg, ending, recorder, context);
}

/** The earlier process ended after storing a recording and before removing its tracks from the spool. */
async function clear(recorderId: RecorderId, left: Leftovers, services: LegServices): Promise<void> {
  if (left.spooled.delete(recorderId)) await services.library.clearSpool(recorderId);
}

/** Stops recorders that no manifest mentions. Their files are kept for an operator to inspect. */
async function cleanUpUnknown({ recorders, spooled }: Leftovers, { library, log }: LegServices): Promise<void> {
  for (const [recorderId, recorder] of recorders) {
    log.warn({ recorderId }, "stopping a recorder that belongs to no call");
    await recorder.finish(false);
  }
  for (const [recorderId, bytes] of spooled) {
    if (bytes === 0) await library.clearSpool(recorderId);
    else log.warn({ recorderId, bytes }, "spool files belong to no call; they are kept");
  }
}
