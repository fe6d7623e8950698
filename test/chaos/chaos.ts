import { setTimeout as delay } from "node:timers/promises";
import { findCallsOf, type Leg } from "../bundle/api.ts";
import { allHealthy } from "../bundle/services.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "../e2e/testBrowser.ts";
import { kill } from "./kill.ts";
import { callLengths, kills, type Victim } from "./schedule.ts";

const RETRY_MS = 500;
/** skyway-js gives up connecting after 15 s. */
const CALL_LIMIT_MS = 20_000;
const HEALTHY_LIMIT_MS = 60_000;
const SETTLED_LIMIT_MS = 90_000;

export interface ChaosOptions {
  seed: number;
  forMs: number;
  /** Number of concurrent callers. */
  callers: number;
  say(line: string): void;
}

/** A kill takes a second or two on a busy host; a call may start in that time. */
interface Killed {
  from: number;
  to: number;
}

/** One connected call, as its page saw it. */
interface Attempt {
  peerId: string;
  connectedAt: number;
  endedAt: number;
}

export interface Tally {
  seed: number;
  kills: Partial<Record<Victim, number>>;
  /** Calls that were connected. */
  calls: number;
  /** Calls with a recording. */
  ready: number;
  failed: { peerId: string; code: string }[];
  mediaSeconds: number;
  /** Sent media that is in no file, except the end of calls whose gateway was killed. */
  mediaSecondsLost: number;
  worstSecondsLost: number;
  legs: Leg[];
}

/** Makes calls while the bundle's containers are killed one after another, and counts the recordings. */
export async function chaos({ seed, forMs, callers, say }: ChaosOptions): Promise<Tally> {
  await using testBrowser = await openTestBrowser("chromium");
  const until = Date.now() + forMs;
  const gatewayKills: Killed[] = [];
  const killed: Tally["kills"] = {};
  const killing = killOneByOne(seed, until, (victim, when) => {
    killed[victim] = (killed[victim] ?? 0) + 1;
    if (victim === "skyway-webrtc-gateway") gatewayKills.push(when);
    say(`${victim} killed`);
  });
  const calling = Promise.all(
    Array.from({ length: callers }, (_, index) => callRepeatedly(testBrowser, seed + index + 1, until)),
  );
  const [attempts] = await Promise.all([calling, killing]);
  await waitFor("all services are healthy again", HEALTHY_LIMIT_MS, allHealthy);
  return count(seed, killed, attempts.flat(), gatewayKills);
}

async function killOneByOne(
  seed: number,
  until: number,
  onKilled: (victim: Victim, when: Killed) => void,
): Promise<void> {
  for (const next of kills(seed)) {
    if (Date.now() + next.afterMs > until) return;
    await delay(next.afterMs);
    const from = Date.now();
    if (await kill(next)) onKilled(next.victim, { from, to: Date.now() });
  }
}

async function callRepeatedly(testBrowser: TestBrowser, seed: number, until: number): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  const lengths = callLengths(seed);
  while (Date.now() < until) {
    const attempt = await callOnce(testBrowser, lengths.next().value, until);
    if (attempt) attempts.push(attempt);
    else await delay(RETRY_MS);
  }
  return attempts;
}

/** @returns undefined if the call did not connect because a service was restarting. */
async function callOnce(testBrowser: TestBrowser, ms: number, until: number): Promise<Attempt | undefined> {
  let caller: Caller | undefined;
  try {
    caller = await within(CALL_LIMIT_MS, testBrowser.caller());
    await within(CALL_LIMIT_MS, caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" }));
  } catch {
    await caller?.page.tab.close().catch(() => undefined);
    return undefined;
  }
  const connectedAt = Date.now();
  await caller.page.talk(Math.max(1_000, Math.min(ms, until - connectedAt)));
  const endedAt = Date.now();
  await caller.page.hangUp("close(true)").catch(() => undefined);
  await caller.page.tab.close().catch(() => undefined);
  return { peerId: caller.peerId, connectedAt, endedAt };
}

/** Limits the wait, because a page whose signalling was killed may never answer. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const timeUp = new AbortController();
  const late = delay(limitMs, undefined, { signal: timeUp.signal }).then(() => {
    throw new Error(`no result within ${limitMs} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeUp.abort();
    late.catch(() => undefined);
    promise.catch(() => undefined);
  }
}

async function count(
  seed: number,
  killed: Tally["kills"],
  attempts: readonly Attempt[],
  gatewayKills: readonly Killed[],
): Promise<Tally> {
  const tally: Tally = {
    ...{ seed, kills: killed, calls: attempts.length, ready: 0, failed: [], legs: [] },
    ...{ mediaSeconds: 0, mediaSecondsLost: 0, worstSecondsLost: 0 },
  };
  for (const { peerId, connectedAt, endedAt } of attempts) {
    const legs = await waitFor(`the calls of ${peerId} are over`, SETTLED_LIMIT_MS, async () => {
      const found = (await findCallsOf(peerId)).flatMap((call) => call.legs).filter((leg) => leg.peerId === peerId);
      return found.length > 0 && found.every(({ state }) => state === "ready" || state === "failed") && found;
    });
    // Media cannot be recorded after the gateway is gone, so the call ends with its gateway.
    const gone = gatewayKills.find(({ from, to }) => to > connectedAt && from < endedAt)?.from;
    const seconds = Math.max(0, (gone ?? endedAt) - connectedAt) / 1000;
    const kept = legs.reduce((sum, leg) => sum + (leg.file?.durationSeconds ?? 0), 0);
    const lost = Math.max(0, seconds - kept);
    tally.mediaSeconds += seconds;
    tally.mediaSecondsLost += lost;
    tally.worstSecondsLost = Math.max(tally.worstSecondsLost, lost);
    tally.legs.push(...legs);
    if (legs.some(({ state }) => state === "ready")) tally.ready += 1;
    else tally.failed.push({ peerId, code: legs[0]?.error?.code ?? "none" });
  }
  return tally;
}

/** The tally as readable text. */
export function inWords({ legs: _, ...tally }: Tally): string {
  const { seed, kills: killed, calls, ready, mediaSeconds, mediaSecondsLost, worstSecondsLost, failed } = tally;
  const victims = Object.entries(killed).map(([victim, times]) => `${victim} ${times}`);
  return [
    `seed ${seed}; killed: ${victims.join(", ") || "none"}`,
    `${calls} calls made, ${ready} files ready${failed.map(({ peerId, code }) => `; ${peerId} ${code}`).join("")}`,
    `${mediaSeconds.toFixed(1)} s of media, ${mediaSecondsLost.toFixed(1)} s lost, ${worstSecondsLost.toFixed(1)} s in one call`,
  ].join("\n");
}
