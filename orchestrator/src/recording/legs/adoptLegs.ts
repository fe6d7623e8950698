import { isOver } from "../../archive/calls/view.ts";
import type { Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { RecorderId } from "../../ids.ts";
import { recorderIdOf } from "../../ids.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { Ending } from "./ending.ts";
import { failLeg } from "./failLeg.ts";
import { finishLeg, type SpooledLeg } from "./finishLeg.ts";
import { LegContext } from "./legContext.ts";
import type { LegServices } from "./legServices.ts";
import { allRecordersOf, recordersOf } from "./parts.ts";
import { type IncomingLeg, recordLeg, recordToEnd } from "./recordLeg.ts";
import { finishRolled, rolledFile } from "./rollOver.ts";

/** More than files have in them before the first packet: their headers, two of 503 bytes. */
const LEAST_MEDIA_BYTES = 2_048;

/** What an earlier life left, besides its manifests. What is adopted is taken out. */
interface Leftovers {
  recorders: Map<string, StartedRecorder>;
  spooled: Map<RecorderId, number>;
}

/**
 * Takes up what an earlier life of this process left: legs whose call goes on are followed again, ended ones are
 * finalised, and what could not be kept is tried again. Nothing that still records is ended.
 *
 * @returns when every such leg is being cared for; their stories go on.
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
  // What failed and left nothing is over; what is in the spool may be kept after all.
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
      // It may be about to turn the leg to a recorder that is ended now: it is to stay where it is.
      await services.gateway
        .switchAtKeyframe(leg.mediaConnectionId, leg.codecs ?? {}, recorder.redirect)
        .catch(() => undefined);
    }
    if (!isSpooled(leg)) await restartLeg(leg, recorder, context);
    else if (recorder && (leg.state === "connecting" || leg.state === "recording")) {
      await recordToEnd(leg, recorder, context);
    } else await finish(leg, recorder, context);
  });
}

/**
 * A leg whose earlier life ended while it was about to roll over. It has done so if the next recorder has got anything;
 * if not, it goes on with the recorder that it had, and the next one is nobody's.
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

/** The earlier life had not answered yet. Who still calls is answered now; nobody else will do it. */
async function restartLeg(leg: ManifestLeg, recorder: StartedRecorder | undefined, context: LegContext): Promise<void> {
  const { gateway, library, recorders } = context.services;
  try {
    await recorder?.finish(false);
    await recorders.swept(); // its name is needed again
    await library.clearSpool(recorderIdOf(leg.id, 1));
    const ringing = await stillRinging(leg, context);
    if (ringing) return await recordLeg(ringing, context);
  } catch (error) {
    context.log.warn({ err: error }, "what the earlier life left of the leg could not be cleared away");
  }
  if (leg.mediaConnectionId) await gateway.hangUp(leg.mediaConnectionId).catch(() => undefined);
  await failLeg(leg, new RecorderError("INTERRUPTED"), context);
}

/** Undefined for calls of ours: whom to call, and what to tell them, is not known any more. */
async function stillRinging(leg: ManifestLeg, { services }: LegContext): Promise<IncomingLeg | undefined> {
  const { mediaConnectionId } = leg;
  if (leg.dialled || !mediaConnectionId || (leg.state !== "ringing" && leg.state !== "preparing")) return undefined;
  try {
    await services.gateway.status(mediaConnectionId);
    return { ...leg, mediaConnectionId, state: "ringing" };
  } catch {
    return undefined; // the caller has hung up, or the gateway is gone and with it the call
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

/** The earlier life ended between keeping a recording and clearing its tracks away. */
async function clear(recorderId: RecorderId, left: Leftovers, services: LegServices): Promise<void> {
  if (left.spooled.delete(recorderId)) await services.library.clearSpool(recorderId);
}

/** What no manifest knows. Recorders are ended in order; what they wrote is kept for an operator to look at. */
async function cleanUpUnknown({ recorders, spooled }: Leftovers, { library, log }: LegServices): Promise<void> {
  for (const [recorderId, recorder] of recorders) {
    log.warn({ recorderId }, "a recorder that no call knows is ended");
    await recorder.finish(false);
  }
  for (const [recorderId, bytes] of spooled) {
    if (bytes === 0) await library.clearSpool(recorderId);
    else log.warn({ recorderId, bytes }, "no call knows what is in the spool; it is left there");
  }
}
