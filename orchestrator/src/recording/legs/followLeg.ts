import type { LegIn, ManifestTrack } from "../../archive/library/manifest.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { connectionEnd } from "./connectionEnd.ts";
import type { Ending, EndReason } from "./ending.ts";
import type { LegContext } from "./legContext.ts";
import { aheadOf, count, NOTHING_AHEAD, reachedLimit } from "./legLimits.ts";
import { discard, startNext } from "./nextRecorder.ts";
import { fileStart, redirectedBefore } from "./rolledFile.ts";
import { TrackDiary } from "./trackDiary.ts";

/** ICE gives up after 30 s; no call connects later than that. */
const CONNECT_TIMEOUT_MS = 35_000;
/** Limits are looked at so often. */
const LOOK_INTERVAL_MS = 1_000;
/** The gateway's BYE ends the recorder a moment before its CLOSE is read. */
const CLOSE_FOLLOWS_BYE_MS = 1_000;

export interface FollowedLeg {
  leg: LegIn<"connecting" | "recording">;
  ending: Ending;
  /** The recorder of the next file: this one has reached its limit, and the call goes on. */
  next?: StartedRecorder;
  /** What was true of the tracks at the end, where the gateway has begun to tell of others since. */
  tracks?: readonly ManifestTrack[];
}

interface Reached {
  reason: EndReason;
  next?: StartedRecorder;
}

/**
 * Watches an answered leg until it has ended, for whatever reason comes first: the connection closes, the gateway or
 * the recorder is lost, it never connects, or it is to be stopped. The caller knows of the end then, if anyone can
 * tell; the recorder may still be running. Never throws.
 */
export async function followLeg(
  answered: FollowedLeg["leg"],
  recorder: StartedRecorder,
  context: LegContext,
): Promise<FollowedLeg> {
  const over = new AbortController();
  const diary = new TrackDiary(answered, context);
  void diary.keep(over.signal);
  try {
    const closed = connectionClosed(diary, recorder, over.signal, context);
    const limit = limitReached(diary, over.signal, context);
    const reached = await Promise.race<EndReason | Reached>([
      closed,
      recorderLost(recorder, closed, over.signal, context),
      neverConnected(diary, over.signal, context),
      stopped(context),
      limit,
    ]);
    if (typeof reached === "string") {
      void limit.then(({ next }) => next && discard(next, context));
      return await end(reached, diary, context);
    }
    const { reason, next } = reached;
    if (next) return { leg: diary.leg, ending: { reason, at: context.rooms.clock.now() }, next };
    return await end(reason, diary, context);
  } finally {
    over.abort();
  }
}

/** Loses every race. A promise of its own each time: one that is shared would keep all that ever waited for it. */
const never = (): Promise<never> => new Promise(() => undefined);

async function connectionClosed(
  diary: TrackDiary,
  recorder: StartedRecorder,
  until: AbortSignal,
  context: LegContext,
): Promise<EndReason> {
  const id = diary.leg.mediaConnectionId;
  const onStream = () => {
    if (diary.isReporting) return;
    // The official gateway: it cannot tell of packets, and leaves it to who records to ask for the first keyframe.
    void diary.mediaMayFlow();
    context.rooms.gateway.requestKeyframe(id, recorder.redirect).catch(() => undefined);
  };
  return (await connectionEnd(id, { onStream }, until, context)) ?? never();
}

/** A recorder that ends while its call goes on. One that ends a moment before CLOSE is read has done its work. */
async function recorderLost(
  recorder: StartedRecorder,
  closed: Promise<EndReason>,
  until: AbortSignal,
  { rooms: { clock }, log }: LegContext,
): Promise<EndReason> {
  await recorder.recorded;
  const closing = clock.sleep(CLOSE_FOLLOWS_BYE_MS, until).then((): EndReason => "recorder_lost");
  const reason = await Promise.race([closed, closing]);
  if (reason === "recorder_lost" && !until.aborted) log.error({ code: "RECORDER_LOST" }, "recorder lost");
  return reason;
}

async function neverConnected(diary: TrackDiary, until: AbortSignal, context: LegContext): Promise<EndReason> {
  if (!diary.isConnecting) return never();
  const { dialled } = diary.leg;
  if (dialled) {
    await context.rooms.clock.sleep(dialled.answerWithinSeconds * 1000, until);
    // A gateway that tells of its tracks has some as soon as the peer has answered.
    if (!until.aborted && diary.isConnecting && diary.leg.tracks.length === 0) return "no_answer";
  }
  await context.rooms.clock.sleep(CONNECT_TIMEOUT_MS, until);
  return until.aborted || !diary.isConnecting ? never() : "not_connected";
}

/** Limits of the configuration, as far as the gateway tells what they are about. */
async function limitReached(diary: TrackDiary, until: AbortSignal, context: LegContext): Promise<Reached> {
  const { clock, limits } = context.rooms;
  let packets = 0;
  let lastPacketMs = clock.now().getTime();
  const bytesBefore = redirectedBefore(context.files.all);
  for (;;) {
    await clock.sleep(LOOK_INTERVAL_MS, until);
    if (until.aborted) return never();
    const now = clock.now().getTime();
    const { leg } = diary;
    const counted = count(leg.tracks, "packets_received");
    // Nobody is idle who is still connecting, or whose packets nobody counts.
    if (counted !== packets || diary.isConnecting || !diary.isReporting) lastPacketMs = now;
    packets = counted;
    const recordedMs = leg.state === "recording" ? now - (fileStart(leg, context.files)?.getTime() ?? now) : 0;
    const bytes = Math.max(0, count(leg.tracks, "bytes_redirected") - bytesBefore);
    // What does not tell of its tracks does not turn them either.
    const rollsOverAtMs = diary.isReporting ? context.rollsOverAgainAtMs : undefined;
    const ahead = rollsOverAtMs === undefined ? NOTHING_AHEAD : aheadOf(limits, bytes / Math.max(recordedMs, 1));
    const reason = reachedLimit(limits, { recordedMs, bytes, idleMs: now - lastPacketMs }, ahead);
    if (reason === undefined || (reason !== "idle" && now < (rollsOverAtMs ?? 0))) continue;
    if (reason === "idle" || rollsOverAtMs === undefined) return { reason };
    const next = startNext(leg, until, context);
    context.files.finish(next.then(() => undefined)); // whatever ends the leg meanwhile
    const recorder = await next;
    if (recorder) return { reason, next: recorder };
  }
}

async function stopped(context: LegContext): Promise<EndReason> {
  const { stop } = context;
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  return context.stopReason;
}

/** Lets the caller know, and hears what the gateway knows of the end. */
async function end(reason: EndReason, diary: TrackDiary, context: LegContext): Promise<FollowedLeg> {
  const { gateway, clock } = context.rooms;
  const noticed = clock.now();
  if (reason === "gateway_lost") return { leg: diary.leg, ending: { reason, at: noticed } };
  // A call whose recorder was lost goes on while another may take over.
  if (reason !== "closed" && reason !== "recorder_lost") {
    await gateway.hangUp(diary.leg.mediaConnectionId).catch((error) => {
      context.log.warn({ err: error }, "hanging up failed");
    });
  }
  const ended = await diary.close();
  const at = ended ? new Date(ended.unixMs) : noticed;
  return { leg: diary.leg, ending: { reason, at, words: ended?.reason } };
}
