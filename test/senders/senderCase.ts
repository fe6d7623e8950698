import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { fileUrl, findCallOf, isLegOver, type Leg } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { type Judgement, judge } from "./judgement.ts";
import type { SentTrack, TrackSettings } from "./sentTrack.ts";
import { WhipClient, type WhipSettings } from "./whipClient.ts";

const OVER_LIMIT_MS = 60_000;

/** A kind of sender, and what must come out of it. */
export interface SenderCase {
  /** What is unusual about it, for the table. */
  readonly name: string;
  /** Sends it to the running bundle. */
  run(): Promise<Outcome>;
}

export interface Outcome {
  /** What came out, in a few words. */
  readonly found: string;
  /** Each thing that is wrong; empty if all is as it must be. */
  readonly complaints: readonly string[];
}

/** Something that is sent at a time after the start. */
export interface Sending {
  atMs: number;
  send(): void;
}

export interface Recorded {
  leg: Leg;
  /** undefined if there is no file. */
  file: Judgement | undefined;
  /** How long sending really took; longer than planned on a busy host. */
  sentSeconds: number;
}

type Tracks<Name extends string> = Record<Name, SentTrack>;

/** Sends a plan in real time, hangs up, and judges what was recorded. */
export async function recordSending<Name extends string>(
  tracks: Record<Name, TrackSettings>,
  plan: (tracks: Tracks<Name>) => { sendings: Sending[]; endMs: number },
  settings: Partial<WhipSettings<Name>> = {},
): Promise<Recorded> {
  const peerId = `sender-${randomUUID()}`;
  await using client = await WhipClient.open({ ...settings, peerId, tracks });
  const { sendings, endMs } = plan(client.tracks);
  const sentSeconds = await send(sendings, endMs);
  await client.hangUp();
  const call = await waitFor(
    `the call of ${peerId} is over`,
    OVER_LIMIT_MS,
    async () => {
      const seen = await findCallOf(peerId);
      return seen?.legs.every(isLegOver) && seen;
    },
    () => peerId,
  );
  const [leg] = call.legs;
  if (!leg) throw new Error(`the call of ${peerId} has no leg`);
  if (!leg.file) return { leg, file: undefined, sentSeconds };
  await using file = await download(fileUrl(call, leg));
  return { leg, file: await judge(file.path), sentSeconds };
}

/** Resolves with the number of seconds that it took. */
async function send(sendings: Sending[], endMs: number): Promise<number> {
  const start = performance.now();
  const until = (ms: number) => delay(Math.max(0, start + ms - performance.now()));
  for (const { atMs, send } of sendings.toSorted((one, other) => one.atMs - other.atMs)) {
    if (start + atMs > performance.now()) await until(atMs);
    send();
  }
  await until(endMs);
  return (performance.now() - start) / 1000;
}
