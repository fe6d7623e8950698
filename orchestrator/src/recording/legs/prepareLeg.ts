import { isOver } from "../../archive/calls/view.ts";
import type { LegIn } from "../../archive/library/manifest.ts";
import { asRecorderError, RecorderError } from "../../errors.ts";
import { recorderIdOf } from "../../ids.ts";
import type { LegMetrics } from "../../outside/metrics/legMetrics.ts";
import { type Codecs, chooseCodecs, codecNames, DIAL_OFFER, USUAL_CODECS } from "../recorders/codecs.ts";
import type { RecorderSpec } from "../recorders/recorders.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { LegContext } from "./legContext.ts";
import { admit } from "./legLimits.ts";

export interface PreparedLeg {
  leg: Omit<LegIn<"connecting">, "mediaConnectionId">;
  recorder: StartedRecorder;
}

/**
 * Starts the recorder of a leg that rings, here or at the other end, for the codecs that it will send.
 *
 * @throws RecorderError when it cannot be recorded; no recorder is left then.
 */
export async function prepareLeg(ringing: LegIn<"ringing">, context: LegContext): Promise<PreparedLeg> {
  const { calls, clock, host, limits, metrics } = context.services;
  await countFailures(metrics, async () => {
    admit(limits, { callId: context.callId, peerId: ringing.peerId }, calls.running(), ({ state }) => !isOver(state));
    await host.check();
    await persistLeg(ringing, context);
  });
  const codecs = await codecsOf(ringing, context);
  const recorderId = recorderIdOf(ringing.id, 1);
  const began = clock.now().getTime();
  const recorder = await countFailures(metrics, () =>
    startRecorder({ recorderId, callId: context.callId, legId: ringing.id, codecs }, context),
  );
  const ms = clock.now().getTime() - began;
  metrics.recorderBound(ms);
  context.log.info({ recorderId, codecs: codecNames(codecs), ms }, "recorder bound");
  return { leg: { ...ringing, state: "connecting", recorderId, codecs, tracks: [] }, recorder };
}

/** What keeps a leg from a recorder, the caller's own codecs aside, is an operator's trouble. */
async function countFailures<Result>(metrics: LegMetrics, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    metrics.recorderNotStarted(asRecorderError(error).code);
    throw error;
  }
}

/** What cannot be written down now will not be found again later. */
async function persistLeg(ringing: LegIn<"ringing">, { callId, services }: LegContext): Promise<void> {
  await services.storage.check();
  try {
    await services.calls.record(callId, { ...ringing, state: "preparing" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecorderError("STORAGE_UNAVAILABLE", reason, { cause: error });
  }
}

/** A recorder that is there, and whose files are where they are looked for. */
async function startRecorder(spec: RecorderSpec, { services }: LegContext): Promise<StartedRecorder> {
  const { recorders, library, storage } = services;
  try {
    const recorder = await recorders.take(spec);
    if (!(await library.hasTracksOf(spec.recorderId))) {
      await recorder.finish(false).catch(() => undefined);
      throw new RecorderError(
        "STORAGE_UNAVAILABLE",
        "recorders write elsewhere: was the folder unmounted, or mounted?",
      );
    }
    storage.noteRecorder();
    return recorder;
  } catch (thrown) {
    const error = asRecorderError(thrown);
    if (error.code === "STORAGE_UNAVAILABLE") storage.noteRecorder(error);
    throw error;
  }
}

/** What the caller offers, in the order of our preferences; the usual where the gateway cannot tell. */
async function codecsOf({ mediaConnectionId }: LegIn<"ringing">, { services }: LegContext): Promise<Codecs> {
  if (mediaConnectionId === undefined) return chooseCodecs(DIAL_OFFER, services.preferences);
  const offered = await services.gateway.offered(mediaConnectionId);
  return offered ? chooseCodecs(offered, services.preferences) : USUAL_CODECS;
}
