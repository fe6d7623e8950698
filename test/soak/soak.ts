import { setTimeout as delay } from "node:timers/promises";
import { findCallOf, isLegOver, type Leg, legsOf } from "../bundle/api.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type EncodedMedia, encodeMedia } from "./encodedMedia.ts";
import { type Footprint, footprint } from "./footprint.ts";
import { Publisher } from "./publisher.ts";

const CALL_MS = 1_000;
const TRIES = 3;
const RETRY_MS = 1_000;
const SETTLED_LIMIT_MS = 120_000;
/** Time until idle keep-alive HTTP connections are closed. */
const QUIET_MS = 6_000;

export interface SoakOptions {
  /** Number of consecutive calls. */
  calls: number;
  /** Number of simultaneous calls after them. */
  atOnce: number;
  atOnceMs: number;
  /** Calls before the first measurement, so that one-time loading and pooling does not count as growth. */
  warmUpCalls: number;
  say(line: string): void;
}

/** A finished call and the media that its caller sent. */
interface Made {
  peerId: string;
  sent: { video: number; audio: number };
}

export interface SoakReport {
  made: number;
  ready: number;
  /** Legs that are not ready, by error code. */
  failed: Record<string, number>;
  /** Error messages of failed connection attempts; each was retried. */
  failedConnects: string[];
  /** From the end of each consecutive call until its recording was ready, in milliseconds. */
  readyAfterMs: number[];
  /** The smallest share of sent media that a file contains. */
  worstKept: { video: number; audio: number };
  before: Footprint;
  after: Footprint;
}

/** Makes consecutive calls, then many at once, and measures what is left in the bundle. */
export async function soak({ calls, atOnce, atOnceMs, warmUpCalls, say }: SoakOptions): Promise<SoakReport> {
  const media = await encodeMedia();
  const run = crypto.randomUUID().slice(0, 8);
  const failedConnects: string[] = [];
  const one = async (name: string, ms: number): Promise<Made> => {
    await using publisher = await openAgain(`${run}-${name}`, media, failedConnects);
    await publisher.talk(ms);
    await publisher.hangUp();
    return { peerId: publisher.peerId, sent: { ...publisher.sent } };
  };
  /** Milliseconds from each end until the recording was ready, of the calls that were made one at a time. */
  const readyAfterMs: number[] = [];
  const alone = async (name: string): Promise<Made> => {
    const call = await one(name, CALL_MS);
    const endedAt = performance.now();
    await waitFor(`the call of ${call.peerId} is over`, SETTLED_LIMIT_MS, async () =>
      (await findCallOf(call.peerId))?.legs.every(isLegOver),
    );
    readyAfterMs.push(performance.now() - endedAt);
    return call;
  };
  const together = (name: string, ms: number) =>
    Promise.all(Array.from({ length: atOnce }, (_, index) => one(`${name}-${index}`, ms)));

  const made: Made[] = [];
  for (let index = 0; index < warmUpCalls; index += 1) made.push(await one(`warm-${index}`, CALL_MS));
  made.push(...(await together("warm-at-once", CALL_MS)));
  await settled(run, made.length);
  const before = await footprint();
  for (let index = 0; index < calls; index += 1) {
    made.push(await alone(`row-${index}`));
    if ((index + 1) % 50 === 0) say(`${index + 1} consecutive calls; ${inMebibytes(await footprint())}`);
  }
  made.push(...(await together("at-once", atOnceMs)));
  const legs = await settled(run, made.length);
  return { ...judge(made, legs), readyAfterMs, failedConnects, before, after: await footprint() };
}

async function openAgain(peerId: string, media: EncodedMedia, failures: string[]): Promise<Publisher> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await Publisher.open(`${peerId}-${attempt}`, media);
    } catch (error) {
      failures.push(`${peerId}: ${error instanceof Error ? error.message : error}`);
      if (attempt === TRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** Resolves with all legs of this run when all have ended and the bundle is idle. */
async function settled(run: string, atLeast: number): Promise<Leg[]> {
  let states: unknown;
  const legs = await waitFor(
    "all calls are over",
    SETTLED_LIMIT_MS,
    async () => {
      const found = await legsOf(run);
      states = found.map(({ state }) => state);
      return found.every(isLegOver) && found.length >= atLeast ? found : undefined;
    },
    () => states,
  );
  await delay(QUIET_MS);
  return legs;
}

function judge(made: readonly Made[], legs: readonly Leg[]) {
  const failed: Record<string, number> = {};
  for (const { state, error } of legs) {
    if (state !== "ready") failed[error?.code ?? "none"] = (failed[error?.code ?? "none"] ?? 0) + 1;
  }
  const kept = (kind: "video" | "audio") =>
    Math.min(
      ...made.map(({ peerId, sent }) => {
        const streams = legs.find((leg) => leg.peerId === peerId)?.file?.streams ?? [];
        return (streams.find((stream) => stream.kind === kind)?.frames ?? 0) / sent[kind];
      }),
    );
  const ready = made.filter(({ peerId }) => legs.some((leg) => leg.peerId === peerId && leg.state === "ready")).length;
  return { made: made.length, ready, failed, worstKept: { video: kept("video"), audio: kept("audio") } };
}

function inMebibytes({ neededBytes }: Footprint): string {
  return `MiB needed: ${Object.entries(neededBytes)
    .map(([name, bytes]) => `${name} ${mebibytes(bytes)}`)
    .join(", ")}`;
}

export function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
