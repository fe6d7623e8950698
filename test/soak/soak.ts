import { setTimeout as delay } from "node:timers/promises";
import { type Leg, listCalls } from "../bundle/api.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type CannedMedia, encodeMedia } from "./cannedMedia.ts";
import { type Footprint, footprint } from "./footprint.ts";
import { Publisher } from "./publisher.ts";

const CALL_MS = 1_000;
const TRIES = 3;
const RETRY_MS = 1_000;
const SETTLED_LIMIT_MS = 120_000;
/** Connections of HTTP that are kept open for the next request are let go by then. */
const QUIET_MS = 6_000;
const PAGE_SIZE = "100";

export interface SoakOptions {
  /** One after another. */
  calls: number;
  /** At once, when those are done. */
  atOnce: number;
  atOnceMs: number;
  /** Before the first footprint is taken: what is loaded and pooled once is no growth. */
  warmUpCalls: number;
  say(line: string): void;
}

/** A call that its caller made, and what the caller sent in it. */
interface Made {
  peerId: string;
  sent: { video: number; audio: number };
}

export interface SoakReport {
  made: number;
  ready: number;
  /** Legs that are not ready, by code. */
  failed: Record<string, number>;
  /** Attempts of callers that did not connect, in their own words; each was tried again. */
  failedConnects: string[];
  /** Of what was sent, the smallest share that a file has. */
  worstKept: { video: number; audio: number };
  before: Footprint;
  after: Footprint;
}

/** Calls in a row, then many at once, and what is left of them in the bundle. */
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
  const together = (name: string, ms: number) =>
    Promise.all(Array.from({ length: atOnce }, (_, index) => one(`${name}-${index}`, ms)));

  const made: Made[] = [];
  for (let index = 0; index < warmUpCalls; index += 1) made.push(await one(`warm-${index}`, CALL_MS));
  made.push(...(await together("warm-at-once", CALL_MS)));
  await settled(run, made.length);
  const before = await footprint();
  for (let index = 0; index < calls; index += 1) {
    made.push(await one(`row-${index}`, CALL_MS));
    if ((index + 1) % 50 === 0) say(`${index + 1} calls in a row; ${inMebibytes(await footprint())}`);
  }
  made.push(...(await together("at-once", atOnceMs)));
  const legs = await settled(run, made.length);
  return { ...judge(made, legs), failedConnects, before, after: await footprint() };
}

async function openAgain(peerId: string, media: CannedMedia, failures: string[]): Promise<Publisher> {
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

/** Resolves with all legs of this run, once none is on its way any more and the bundle has come to rest. */
async function settled(run: string, atLeast: number): Promise<Leg[]> {
  let states: unknown;
  const legs = await waitFor(
    "all calls are over",
    SETTLED_LIMIT_MS,
    async () => {
      const found = (await allLegs()).filter(({ peerId }) => peerId.startsWith(run));
      states = found.map(({ state }) => state);
      const isOver = found.every(({ state }) => state === "ready" || state === "failed");
      return isOver && found.length >= atLeast ? found : undefined;
    },
    () => states,
  );
  await delay(QUIET_MS);
  return legs;
}

async function allLegs(): Promise<Leg[]> {
  const legs: Leg[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await listCalls({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
    legs.push(...page.calls.flatMap((call) => call.legs));
    cursor = page.nextCursor;
  } while (cursor);
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
