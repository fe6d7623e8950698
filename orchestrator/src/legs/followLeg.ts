import type { Logger } from "pino";
import { type Gateway, GatewayUnreachable, Gone, type TracksReport } from "../gateway/gateway.ts";
import type { MediaConnectionId } from "../ids.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { Ending, EndReason } from "./ending.ts";
import { sleep } from "./sleep.ts";

/** A gateway that does not answer for so long is gone, and its calls with it. */
const GATEWAY_LOST_AFTER_MS = 5_000;
const GATEWAY_RETRY_MS = 250;
/** ICE gives up after 30 s; no call connects later than that. */
const CONNECT_TIMEOUT_MS = 35_000;
/** Until every track has begun, its clock is asked for often; later it only becomes more exact. */
const TRACKS_INTERVAL_MS = 500;
const STEADY_TRACKS_INTERVAL_MS = 5_000;

export interface FollowedLeg {
  mediaConnectionId: MediaConnectionId;
  recorder: StartedRecorder;
  /** Asks for the end of the leg: by the API, or because this process ends. The reason is an EndReason. */
  stop: AbortSignal;
  /** Called with every new report of the tracks. */
  onTracks(report: TracksReport): Promise<void>;
  /** False while adopting: the leg was connected before. */
  connecting: boolean;
}

/**
 * Watches a leg until it has ended, for whatever reason comes first: the connection closes, the gateway or the
 * recorder is lost, it never connects, or it is to be stopped.
 */
export async function followLeg(leg: FollowedLeg, gateway: Gateway, log: Logger): Promise<Ending> {
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, leg.stop]);
  let connected = !leg.connecting;
  const media = Promise.withResolvers<void>();
  if (connected) media.resolve();

  const watching = [
    closed(leg, gateway, until, () => {
      connected = true;
      media.resolve();
    }),
    leg.recorder.exit.then((code): EndReason => {
      log.warn({ code }, "recorder ended by itself");
      return "recorder_lost";
    }),
    stopped(leg, gateway, log),
    Promise.race([media.promise, sleep(CONNECT_TIMEOUT_MS, over.signal)]).then(() =>
      connected || over.signal.aborted ? never() : ("not_connected" as const),
    ),
  ];
  const reporting = report(leg, gateway, until);
  try {
    const first = await Promise.race(watching);
    // The gateway's BYE ends the recorder a moment before its CLOSE is read: let the connection say so.
    const reason = first === "recorder_lost" ? await Promise.race([watching[0], settled(first)]) : first;
    return { reason: reason ?? first, at: new Date() };
  } finally {
    over.abort();
    await reporting;
  }
}

/** A promise of its own each time: one that is shared would keep everything that ever waited for it. */
const never = (): Promise<never> => new Promise(() => undefined);
const CLOSE_FOLLOWS_BYE_MS = 1_000;
const settled = (reason: EndReason): Promise<EndReason> => sleep(CLOSE_FOLLOWS_BYE_MS).then(() => reason);

/** Reads the connection's events until it is closed. */
async function closed(
  { mediaConnectionId }: FollowedLeg,
  gateway: Gateway,
  until: AbortSignal,
  onStream: () => void,
): Promise<EndReason> {
  let unreachableSince: number | undefined;
  while (!until.aborted) {
    try {
      const event = await gateway.nextConnectionEvent(mediaConnectionId, until);
      unreachableSince = undefined;
      if (event?.event === "STREAM" || event?.event === "READY") onStream();
      if (event?.event === "CLOSE" || event?.event === "ERROR") return "closed";
    } catch (error) {
      if (until.aborted) break;
      // A connection whose CLOSE was never read is only unknown to a gateway that was started anew.
      if (error instanceof Gone) return "gateway_lost";
      if (!(error instanceof GatewayUnreachable)) throw error;
      unreachableSince ??= Date.now();
      if (Date.now() - unreachableSince > GATEWAY_LOST_AFTER_MS) return "gateway_lost";
      await sleep(GATEWAY_RETRY_MS, until);
    }
  }
  return never();
}

/** Hangs up when the leg is to be stopped. */
async function stopped({ mediaConnectionId, stop }: FollowedLeg, gateway: Gateway, log: Logger): Promise<EndReason> {
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  await gateway.hangUp(mediaConnectionId).catch((error) => log.warn({ err: error }, "hanging up failed"));
  return stop.reason as EndReason;
}

async function report(leg: FollowedLeg, gateway: Gateway, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const report = await gateway.tracks(leg.mediaConnectionId).catch(() => undefined);
    if (until.aborted) return;
    if (report) await leg.onTracks(report);
    const steady = report?.tracks.every(({ clock }) => clock !== null) ?? false;
    await sleep(steady ? STEADY_TRACKS_INTERVAL_MS : TRACKS_INTERVAL_MS, until);
  }
}
