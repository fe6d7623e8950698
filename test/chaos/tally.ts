import type { Leg } from "../bundle/api.ts";
import type { Struck } from "./strike.ts";

/** One connected call, as its page saw it. Times are unix milliseconds. */
export interface Attempt {
  peerId: string;
  connectedAt: number;
  endedAt: number;
}

export interface Tally {
  seed: number;
  /** How often each part was killed and frozen, and how often two parts at the same time. */
  struck: Record<string, number>;
  /** Calls that were connected. */
  calls: number;
  /** Calls with a recording. */
  ready: number;
  failed: { peerId: string; code: string }[];
  /** Calls that failed because the gateway was killed before their recorder had started: only its memory had their media. */
  lostWithGateway: number;
  /**
   * Calls that lack what docs/operations.md states: their recorder was lost while the orchestrator was, and they ended
   * before it was back.
   */
  lostWithOrchestrator: number;
  mediaSeconds: number;
  /** Sent media that is in no file, except what docs/operations.md states. */
  mediaSecondsLost: number;
  worstSecondsLost: number;
  /** What the bundle says that is not true. */
  lies: string[];
  legs: Leg[];
}

/** The tally before any call is counted. */
export function newTally(seed: number, struck: Tally["struck"], calls: number): Tally {
  return {
    ...{ seed, struck, calls, ready: 0, failed: [], lostWithGateway: 0, lostWithOrchestrator: 0 },
    ...{ mediaSeconds: 0, mediaSecondsLost: 0, worstSecondsLost: 0, lies: [], legs: [] },
  };
}

/** A recorder starts within this time, also on a busy host. */
const RECORDER_START_MS = 15_000;
/** The orchestrator is back and has started another recorder within this time, also on a busy host. */
const TAKEN_OVER_MS = 15_000;
/** What a leg may lack without saying so: the promised maximum loss of a takeover, and the start and end of a call. */
const UNTOLD_SECONDS = 1.5;
/** Notes of a leg that tell of missing media. */
const LOSS_NOTES = new Set(["LOST", "DROPPED", "SHORTER", "NOT_IN_FILE", "RECORDER_FAILED"]);
/** A file may be longer than its call as the page saw it, because the page is told late. */
const TOO_LONG_SECONDS = 20;

/**
 * Compares what one call sent with what its legs have.
 *
 * @param secondsInFiles seconds of media in each file, by its name.
 */
export function countCall(
  tally: Tally,
  { peerId, connectedAt, endedAt }: Attempt,
  legs: readonly Leg[],
  struck: readonly Struck[],
  secondsInFiles: ReadonlyMap<string, number>,
): void {
  if (legs.length > 0 && legs.every(({ state }) => state === "failed") && wasHeld(connectedAt, struck)) {
    tally.lostWithGateway += 1;
    return;
  }
  const sent = secondsSent({ connectedAt, endedAt }, struck);
  const files = legs.flatMap((leg) => [leg.file, ...(leg.files ?? []).map(({ file }) => file)]);
  const names = new Set(files.flatMap((file) => file?.name ?? []));
  const kept = [...names].reduce((sum, name) => sum + (secondsInFiles.get(name) ?? 0), 0);
  const lost = Math.max(0, sent - kept);
  const isReady = legs.some(({ state }) => state === "ready");
  const isStated = (lost > UNTOLD_SECONDS || !isReady) && endedWithoutTakeover({ connectedAt, endedAt }, struck);
  tally.mediaSeconds += sent;
  if (isStated) tally.lostWithOrchestrator += 1;
  else {
    tally.mediaSecondsLost += lost;
    tally.worstSecondsLost = Math.max(tally.worstSecondsLost, lost);
  }
  tally.legs.push(...legs);
  if (isReady) tally.ready += 1;
  else if (!isStated) tally.failed.push({ peerId, code: legs[0]?.error?.code ?? "none" });
  for (const name of names) {
    if (!secondsInFiles.has(name)) tally.lies.push(`${peerId}: ${name} is ready and does not exist`);
  }
  if (lost > UNTOLD_SECONDS && !legs.some(tellsOfLoss)) {
    tally.lies.push(`${peerId}: ready, and lacks ${lost.toFixed(1)} s of ${sent.toFixed(1)} s without saying so`);
  }
  const duration = files.reduce((sum, file) => Math.max(sum, file?.durationSeconds ?? 0), 0);
  if (duration > (endedAt - connectedAt) / 1000 + TOO_LONG_SECONDS) {
    tally.lies.push(
      `${peerId}: a call of ${((endedAt - connectedAt) / 1000).toFixed(1)} s has a file of ${duration} s`,
    );
  }
}

/** Whether the gateway was killed when the call may have had no recorder yet. */
function wasHeld(connectedAt: number, struck: readonly Struck[]): boolean {
  return struck.some(
    ({ victim, how, from, to }) =>
      victim === "skyway-webrtc-gateway" &&
      how === "killed" &&
      to > connectedAt &&
      from < connectedAt + RECORDER_START_MS,
  );
}

/** Whether a call ended after its recorder was lost, and before an orchestrator that was lost as well could replace it. */
function endedWithoutTakeover({ connectedAt, endedAt }: Omit<Attempt, "peerId">, struck: readonly Struck[]): boolean {
  const lost = struck.filter(
    ({ victim, how, from }) =>
      (victim === "recorder" || victim === "recorder-network") &&
      how === "killed" &&
      from > connectedAt &&
      from < endedAt,
  );
  const away = struck.filter(({ victim, to }) => victim === "orchestrator" && endedAt < to + TAKEN_OVER_MS);
  return lost.some((one) => away.some(({ from, to }) => one.from < to + TAKEN_OVER_MS && from < endedAt));
}

/** Nothing receives media after the gateway was killed, or while it is frozen: docs/operations.md states it. */
function secondsSent({ connectedAt, endedAt }: Omit<Attempt, "peerId">, struck: readonly Struck[]): number {
  const gateway = struck.filter(({ victim }) => victim === "skyway-webrtc-gateway");
  const kill = gateway.find(({ how, from, to }) => how === "killed" && to > connectedAt && from < endedAt);
  const until = Math.min(endedAt, kill?.from ?? endedAt);
  let ms = Math.max(0, until - connectedAt);
  for (const { how, from, to } of gateway) {
    if (how === "frozen") ms -= Math.max(0, Math.min(to, until) - Math.max(from, connectedAt));
  }
  return Math.max(0, ms) / 1000;
}

function tellsOfLoss({ state, error, gapSeconds, notes }: Leg): boolean {
  return (
    state === "failed" ||
    error !== undefined ||
    (gapSeconds ?? 0) > 0 ||
    (notes ?? []).some(({ code }) => LOSS_NOTES.has(code))
  );
}

/** The tally as readable text. */
export function inWords({ legs: _, ...tally }: Tally): string {
  const { seed, struck, calls, ready, lostWithGateway, lostWithOrchestrator, failed, lies } = tally;
  const { mediaSeconds, mediaSecondsLost, worstSecondsLost } = tally;
  const blows = Object.entries(struck).map(([blow, times]) => `${blow} ${times}`);
  return [
    `seed ${seed}; ${blows.join(", ") || "nothing struck"}`,
    `${calls} calls made, ${ready} files ready, ${lostWithGateway} lost with the gateway, ${lostWithOrchestrator} in part with the orchestrator${failed.map(({ peerId, code }) => `; ${peerId} ${code}`).join("")}`,
    `${mediaSeconds.toFixed(1)} s of media, ${mediaSecondsLost.toFixed(1)} s lost, ${worstSecondsLost.toFixed(1)} s in one call`,
    `${lies.length} lies${lies.map((lie) => `\n  ${lie}`).join("")}`,
  ].join("\n");
}
