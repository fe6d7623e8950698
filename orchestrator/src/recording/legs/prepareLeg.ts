import { isOver } from "../../archive/calls/view.ts";
import type { LegIn, ManifestLeg } from "../../archive/library/manifest.ts";
import { asRecorderError, RecorderError } from "../../errors.ts";
import { recorderIdOf } from "../../ids.ts";
import {
  type Codecs,
  canRecord,
  chooseCodecs,
  codecNames,
  DIAL_OFFER,
  type OfferedTrack,
  USUAL_CODECS,
} from "../recorders/codecs.ts";
import type { RecorderSpec } from "../recorders/recorders.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { LegContext } from "./legContext.ts";
import { admit } from "./legLimits.ts";
import type { LegMetrics } from "./legMetrics.ts";

/** Of the offered codecs, in a note. */
const NAMES_SHOWN = 10;

/** A leg that can be recorded. A slot for its recorder is kept. */
export interface AdmittedLeg {
  leg: PreparedLeg;
  /** Whether the call can be answered before there is a recorder. */
  canHold: boolean;
}
export type PreparedLeg = Omit<LegIn<"connecting">, "mediaConnectionId">;

/**
 * Admits an incoming or dialled leg, and chooses the codecs that the peer will send.
 *
 * @throws RecorderError if the leg cannot be recorded.
 */
export async function admitLeg(ringing: LegIn<"ringing">, context: LegContext): Promise<AdmittedLeg> {
  const { calls, host, limits, metrics, recorders } = context.services;
  await countFailures(metrics, async () => {
    // Further tracks of a caller that is already being recorded are limited by their number.
    if (!ringing.beside) {
      const isCounted = ({ state, beside }: ManifestLeg) => !isOver(state) && !beside;
      admit(limits, { callId: context.callId, peerId: ringing.peerId }, calls.running(), isCounted);
    }
    await host.check();
    await persistLeg(ringing, context);
  });
  const { codecs, canHold } = await offerOf(ringing, context);
  const recorderId = recorderIdOf(ringing.id, 1);
  await countFailures(metrics, () => recorders.reserve(recorderId));
  return { leg: { ...ringing, state: "connecting", recorderId, codecs, tracks: [] }, canHold };
}

/**
 * Starts the recorder of an admitted leg: its ports are bound afterwards.
 *
 * @throws RecorderError; no recorder is left running.
 */
export async function startRecorder(
  { recorderId, codecs }: Pick<PreparedLeg, "recorderId" | "codecs">,
  context: LegContext,
): Promise<StartedRecorder> {
  const { callId, legId } = context;
  const { clock, metrics } = context.services;
  const began = clock.now().getTime();
  const recorder = await countFailures(metrics, () => takeRecorder({ recorderId, callId, legId, codecs }, context));
  const ms = clock.now().getTime() - began;
  metrics.recorderBound(ms);
  context.log.info({ recorderId, codecs: codecNames(codecs), ms }, "recorder bound");
  return recorder;
}

/** Counts errors that prevent a recording, except unsupported codecs: the operator should know about them. */
async function countFailures<Result>(metrics: LegMetrics, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    metrics.recorderNotStarted(asRecorderError(error).code);
    throw error;
  }
}

/** Writes the leg to the manifest before recording: without a manifest the recording would be lost after a restart. */
async function persistLeg(ringing: LegIn<"ringing">, { callId, services }: LegContext): Promise<void> {
  await services.storage.check();
  try {
    await services.calls.record(callId, { ...ringing, state: "preparing" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecorderError("STORAGE_UNAVAILABLE", reason, { cause: error });
  }
}

/** Starts a recorder and checks that its files appear on the volume that this process reads. */
async function takeRecorder(spec: RecorderSpec, { services }: LegContext): Promise<StartedRecorder> {
  const { recorders, library, storage } = services;
  try {
    const recorder = await recorders.take(spec);
    if (!(await library.hasTracksOf(spec.recorderId))) {
      await recorder.finish(false).catch(() => undefined);
      throw new RecorderError(
        "STORAGE_UNAVAILABLE",
        "recorders write to a different folder: check whether RECORDINGS_DIR was mounted or unmounted after the start",
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

/** The preferred codecs among those offered; default codecs if the gateway does not report the offer. */
async function offerOf(
  { mediaConnectionId }: LegIn<"ringing">,
  context: LegContext,
): Promise<{ codecs: Codecs; canHold: boolean }> {
  const { gateway, preferences } = context.services;
  if (mediaConnectionId === undefined) return { codecs: chooseCodecs(DIAL_OFFER, preferences), canHold: false };
  const offer = await gateway.offered(mediaConnectionId);
  if (!offer) return { codecs: USUAL_CODECS, canHold: false };
  noteNotRecorded(offer.tracks, context);
  return { codecs: chooseCodecs(offer.tracks, preferences), canHold: offer.canHold };
}

/** Tells which offered kinds are not recorded. */
function noteNotRecorded(tracks: readonly OfferedTrack[], context: LegContext): void {
  const { clock, preferences } = context.services;
  for (const { kind, offered, isLater, apart } of tracks) {
    if (isLater) continue;
    if (apart) context.note("NO_BUNDLE", { kind, at: clock.now() });
    else if (!canRecord(offered, preferences[kind])) {
      const names = [...new Set(offered.map(({ codec }) => codec))].slice(0, NAMES_SHOWN);
      context.note("NOT_RECORDED_CODEC", { kind, detail: names.join(", ") || "no codec", at: clock.now() });
    }
  }
}
