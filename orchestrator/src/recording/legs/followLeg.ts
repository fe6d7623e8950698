import type { LegIn, ManifestTrack } from "../../archive/library/manifest.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { connectionEnd } from "./connectionEnd.ts";
import type { Ending, EndReason } from "./ending.ts";
import type { LegContext } from "./legContext.ts";
import { count, marginOf, NO_MARGIN, reachedLimit } from "./legLimits.ts";
import { discard, startNext } from "./nextRecorder.ts";
import { packetsOf } from "./receivedPackets.ts";
import { fileStart, redirectedBefore } from "./rolledFile.ts";
import { TrackMonitor } from "./trackMonitor.ts";

/** ICE fails after 30 s; no call connects later than that. */
const CONNECT_TIMEOUT_MS = 35_000;
/** How often limits are checked. */
const CHECK_INTERVAL_MS = 1_000;
/** At the end of a call, BYE ends the recorder up to 0.3 s before CLOSE, which waits for a message that explains the end. */
const CLOSE_FOLLOWS_BYE_MS = 1_000;

export interface FollowedLeg {
  leg: LegIn<"connecting" | "recording">;
  ending: Ending;
  /** The recorder of the next file, if the current file has reached its limit and the call continues. */
  next?: StartedRecorder;
  /** The tracks at the end of this part, if the gateway already reports on the tracks of the next one. */
  tracks?: readonly ManifestTrack[];
}

interface Reached {
  reason: EndReason;
  next?: StartedRecorder;
}

/**
 * Watches an answered leg until its end: the connection closes, the gateway or the recorder is lost, the call does not
 * connect, a limit is reached, or the leg is stopped. Hangs up if the gateway is reachable; the recorder may still be
 * running afterwards. Never throws.
 */
export async function followLeg(
  answered: FollowedLeg["leg"],
  recorder: StartedRecorder,
  context: LegContext,
): Promise<FollowedLeg> {
  const over = new AbortController();
  const monitor = new TrackMonitor(answered, context);
  void monitor.keep(over.signal);
  try {
    const closed = connectionClosed(monitor, recorder, over.signal, context);
    const limit = limitReached(monitor, over.signal, context);
    const reached = await Promise.race<EndReason | Reached>([
      closed,
      recorderLost(recorder, closed, over.signal, context),
      neverConnected(monitor, over.signal, context),
      stopped(context),
      limit,
    ]);
    if (typeof reached === "string") {
      void limit.then(({ next }) => next && discard(next, context));
      return await end(reached, monitor, context);
    }
    const { reason, next } = reached;
    if (next) return { leg: monitor.leg, ending: { reason, at: context.services.clock.now() }, next };
    return await end(reason, monitor, context);
  } finally {
    over.abort();
  }
}

/** Never resolves. A new promise each time: a shared one would keep references to all its waiters. */
const never = (): Promise<never> => new Promise(() => undefined);

async function connectionClosed(
  monitor: TrackMonitor,
  recorder: StartedRecorder,
  until: AbortSignal,
  context: LegContext,
): Promise<EndReason> {
  const id = monitor.leg.mediaConnectionId;
  const onStream = () => {
    if (monitor.isReporting) return;
    // The official gateway reports no packets and does not request the first keyframe itself.
    void monitor.streamStarted();
    context.services.gateway.requestKeyframe(id, recorder.redirect).catch(() => undefined);
  };
  return (await connectionEnd(id, { onStream }, until, context)) ?? never();
}

/** Resolves if the recorder ends during the call. If CLOSE follows shortly, the recorder ended normally. */
async function recorderLost(
  recorder: StartedRecorder,
  closed: Promise<EndReason>,
  until: AbortSignal,
  { services: { clock }, log }: LegContext,
): Promise<EndReason> {
  await recorder.recorded;
  const closing = clock.sleep(CLOSE_FOLLOWS_BYE_MS, until).then((): EndReason => "recorder_lost");
  const reason = await Promise.race([closed, closing]);
  if (reason === "recorder_lost" && !until.aborted) log.error({ code: "RECORDER_LOST" }, "recorder lost");
  return reason;
}

async function neverConnected(monitor: TrackMonitor, until: AbortSignal, context: LegContext): Promise<EndReason> {
  if (!monitor.isConnecting) return never();
  const { dialled } = monitor.leg;
  if (dialled) {
    await context.services.clock.sleep(dialled.answerWithinSeconds * 1000, until);
    // A gateway that reports tracks has some as soon as the peer has answered.
    if (!until.aborted && monitor.isConnecting && monitor.leg.tracks.length === 0) return "no_answer";
  }
  await context.services.clock.sleep(CONNECT_TIMEOUT_MS, until);
  return until.aborted || !monitor.isConnecting ? never() : "not_connected";
}

/** Resolves when a configured limit is reached. Limits that need counters require a gateway that reports them. */
async function limitReached(monitor: TrackMonitor, until: AbortSignal, context: LegContext): Promise<Reached> {
  const { clock, limits } = context.services;
  let packets = 0;
  let lastPacketMs = clock.now().getTime();
  const bytesBefore = redirectedBefore(context.files.all);
  for (;;) {
    await clock.sleep(CHECK_INTERVAL_MS, until);
    if (until.aborted) return never();
    const now = clock.now().getTime();
    const { leg } = monitor;
    const counted = leg.tracks.reduce((sum, track) => sum + packetsOf(track), 0);
    // A leg is not idle while it is connecting, if it is a screen that may stand still, or if no packets are counted.
    if (counted !== packets || monitor.isConnecting || leg.beside || !monitor.isReporting) lastPacketMs = now;
    packets = counted;
    // Not before the previous file ended: whatever a sender's clock says, no file reaches its limit at once.
    const switchedMs = Date.parse(context.files.all.at(-1)?.endedAt ?? leg.ringingAt);
    const startMs = leg.state === "recording" ? fileStart(leg, context.files)?.getTime() : undefined;
    const recordedMs = startMs === undefined ? 0 : now - Math.max(startMs, switchedMs);
    const bytes = Math.max(0, count(leg.tracks, "bytes_redirected") - bytesBefore);
    // A gateway that does not report tracks cannot switch recorders either.
    const rollOverAtMs = monitor.isReporting ? context.nextRollOverAtMs : undefined;
    const margin = rollOverAtMs === undefined ? NO_MARGIN : marginOf(limits, bytes / Math.max(recordedMs, 1));
    const reason = reachedLimit(limits, { recordedMs, bytes, idleMs: now - lastPacketMs }, margin);
    if (reason === undefined || (reason !== "idle" && now < (rollOverAtMs ?? 0))) continue;
    if (reason === "idle" || rollOverAtMs === undefined) return { reason };
    const next = startNext(leg, until, context);
    context.files.finish(next.then(() => undefined)); // even if the leg ends while the recorder starts
    const recorder = await next;
    if (recorder) return { reason, next: recorder };
  }
}

async function stopped(context: LegContext): Promise<EndReason> {
  const { stop } = context;
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  return context.stopReason;
}

/** Hangs up if necessary, and reads the reason and time of the end from the gateway. */
async function end(reason: EndReason, monitor: TrackMonitor, context: LegContext): Promise<FollowedLeg> {
  const { gateway, clock } = context.services;
  const noticed = clock.now();
  if (reason === "gateway_lost") return { leg: monitor.leg, ending: { reason, at: noticed } };
  // After the loss of a recorder the call continues: another recorder may take over.
  if (reason !== "closed" && reason !== "recorder_lost") {
    await gateway.hangUp(monitor.leg.mediaConnectionId).catch((error) => {
      context.log.warn({ err: error }, "hanging up failed");
    });
  }
  const ended = await monitor.close();
  const at = ended ? new Date(ended.unixMs) : noticed;
  return { leg: monitor.leg, ending: { reason, at, gatewayReason: ended?.reason } };
}
