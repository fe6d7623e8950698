import { setTimeout as delay } from "node:timers/promises";
import { isLegOver, type Leg, listAllCalls } from "../bundle/api.ts";
import { allHealthy } from "../bundle/services.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "../e2e/testBrowser.ts";
import { wrongCounters } from "./counters.ts";
import { countSecondsInFiles } from "./mediaInFiles.ts";
import { callLengths, strikes } from "./schedule.ts";
import { type Struck, strike } from "./strike.ts";
import { type Attempt, countCall, newTally, type Tally } from "./tally.ts";

const RETRY_MS = 500;
/** Until the first calls are up, so that the first strike meets some. */
const CALLS_BEGIN_MS = 8_000;
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

/** Makes calls while parts of the bundle are killed and frozen, one and two at a time, and compares the recordings. */
export async function chaos({ seed, forMs, callers, say }: ChaosOptions): Promise<Tally> {
  await using testBrowser = await openTestBrowser("chromium");
  const until = Date.now() + forMs;
  const struck: Struck[] = [];
  const counts: Tally["struck"] = {};
  const striking = strikeRepeatedly(seed, until, (blows) => {
    struck.push(...blows);
    const names = blows.map(({ victim, how }) => `${victim} ${how}`);
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
    if (names.length > 1) counts["two at a time"] = (counts["two at a time"] ?? 0) + 1;
    say(names.join(" and "));
  });
  const calling = Promise.all(
    Array.from({ length: callers }, (_, index) => callRepeatedly(testBrowser, seed + index + 1, until)),
  );
  const [attempts] = await Promise.all([calling, striking]);
  await waitFor("all services are healthy again", HEALTHY_LIMIT_MS, allHealthy);
  const tally = newTally(seed, counts, attempts.flat().length);
  await compare(tally, attempts.flat(), struck);
  return tally;
}

/** The next strike waits until everything is healthy, so that at most two parts are down. */
async function strikeRepeatedly(seed: number, until: number, onStruck: (blows: Struck[]) => void): Promise<void> {
  await delay(CALLS_BEGIN_MS);
  for (const next of strikes(seed)) {
    await delay(next.afterMs);
    if (Date.now() > until) return;
    const blows = await strike(next);
    if (blows.length > 0) onStruck(blows);
    await waitFor("all services are healthy again", HEALTHY_LIMIT_MS, allHealthy);
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

async function compare(tally: Tally, attempts: readonly Attempt[], struck: readonly Struck[]): Promise<void> {
  const legsOf = await settledLegs(tally, attempts);
  const secondsInFiles = await countSecondsInFiles();
  for (const attempt of attempts) countCall(tally, attempt, legsOf(attempt.peerId), struck, secondsInFiles);
  tally.lies.push(...(await wrongCounters()));
}

/** Waits until every call of these pages is over. A call that never ends is a lie. */
async function settledLegs(tally: Tally, attempts: readonly Attempt[]): Promise<(peerId: string) => Leg[]> {
  let legs: Leg[] = [];
  let open: string[] = [];
  const legsOf = (peerId: string) => legs.filter((leg) => leg.peerId === peerId);
  const isOver = ({ peerId }: Attempt) => {
    const found = legsOf(peerId);
    return found.length > 0 && found.every(isLegOver);
  };
  const settled = waitFor("all calls are over", SETTLED_LIMIT_MS, async () => {
    legs = (await listAllCalls()).flatMap((call) => call.legs);
    open = attempts.filter((attempt) => !isOver(attempt)).map(({ peerId }) => peerId);
    return open.length === 0;
  });
  await settled.catch(() => undefined);
  for (const peerId of open) {
    const states = legsOf(peerId).map(({ state }) => state);
    tally.lies.push(`${peerId}: its call was connected, and is ${states.join(", ") || "unknown"} long after its end`);
  }
  return legsOf;
}
