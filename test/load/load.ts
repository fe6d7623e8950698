import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isLegOver, legsOf } from "../bundle/api.ts";
import { framesInFiles } from "../bundle/framesInFiles.ts";
import { memoryOf } from "../bundle/services.ts";
import { HTTP_PORT } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { RoamingHost, SERVERS } from "../network/roamingHost.ts";
import { once } from "../senders/once.ts";
import { type EncodedMedia, encodeMedia } from "../soak/encodedMedia.ts";
import { Callers } from "./callers.ts";
import { type Usage, usage } from "./machine.ts";

const READY_LIMIT_MS = 300_000;
const POLL_MS = 200;
const SERVICES = ["skyway-webrtc-gateway", "orchestrator", "docker-guard", "signaling"];
/** Until starts have no effect on what is measured. */
const SETTLE_MS = 5_000;
/** 0.8 Mbit/s with sound. */
const VIDEO = { size: "640x360", kbps: 750 };

export interface LoadOptions {
  legs: number;
  /** Calls that arrive in a second. */
  perSecond: number;
  /** Legs that are up before the others arrive at once; default 0. */
  before?: number;
  /** How long all legs are up. */
  upMs: number;
  /** How long after the last call memory is read; default 0. */
  memoryAfterMs?: number;
}

export interface LoadReport {
  legs: number;
  answered: number;
  failures: string[];
  /** From the offer until the answer, in milliseconds; ascending. Only of the calls that arrived at once, if there are any. */
  answeredAfterMs: number[];
  /** Cores and bytes that all of the machine used for a leg, over idle. */
  coresPerLeg: number;
  bytesPerLeg: number;
  /** Bytes of each service before the calls, and some time after them. */
  memory: Record<string, { idle: number; after: number }>;
  /** Cores that all of the machine used, without the callers. */
  cores: number;
  /** From the hang-up of all legs until the last one was ready. */
  readyAfterMs: number;
  /** Frames of video and packets of sound that were sent and are in no file. */
  missing: { video: number; audio: number };
  sent: { video: number; audio: number };
  /** Legs that are not plainly ready or lack something: state, reason, error and notes, and what is missing, by peer id. */
  conspicuous: Record<string, string>;
}

/** Makes calls of synthetic callers, and compares every file with what was sent. */
export async function load({ legs, perSecond, before = 0, upMs, memoryAfterMs = 0 }: LoadOptions): Promise<LoadReport> {
  const media = await once("media of the load", (): Promise<EncodedMedia> => encodeMedia(VIDEO));
  await using host = await RoamingHost.open(["wifi"]);
  const run = randomUUID().slice(0, 8);
  const place = { origin: `http://${SERVERS[4]}:${HTTP_PORT}`, bindAddress: host.addressIn("wifi") };
  await using callers = await Callers.open(host, { run, ...place }, media);
  await delay(SETTLE_MS);
  const idle = await over(callers.pid, SETTLE_MS);
  const memoryBefore = await memories();
  if (before > 0) await callers.call(before, perSecond);
  const early = callers.answeredAfterMs.length;
  await callers.call(legs - before, before > 0 ? legs - before : perSecond);
  await delay(SETTLE_MS);
  const busy = await over(callers.pid, upMs);
  const hungUpAt = performance.now();
  await callers.hangUp();
  const ended = await waitFor(
    "all legs are over",
    READY_LIMIT_MS,
    async () => {
      await delay(POLL_MS);
      const found = (await legsOf(run)).filter(isLegOver);
      return found.length >= callers.answeredAfterMs.length && found;
    },
    async () => (await legsOf(run)).map(({ state }) => state),
  );
  const readyAfterMs = performance.now() - hungUpAt;
  const files = await framesInFiles();
  await delay(memoryAfterMs);
  const memoryAfter = await memories();
  const [missing, sent] = [
    { video: 0, audio: 0 },
    { video: 0, audio: 0 },
  ];
  const lacking = new Map<string, string>();
  for (const [peerId, counts] of callers.sent) {
    const names = ended.filter((leg) => leg.peerId === peerId).flatMap(({ file }) => file?.name ?? []);
    for (const kind of ["video", "audio"] as const) {
      const recorded = names.reduce((sum, name) => sum + (files.get(name)?.[kind] ?? 0), 0);
      sent[kind] += counts[kind];
      const lacks = Math.max(0, counts[kind] - recorded);
      missing[kind] += lacks;
      if (lacks > 0)
        lacking.set(peerId, `${lacking.get(peerId) ?? ""}, ${lacks} of ${counts[kind]} of ${kind} missing`);
    }
  }
  const up = callers.answeredAfterMs.length;
  return {
    legs,
    answered: up,
    failures: callers.failures,
    answeredAfterMs: callers.answeredAfterMs.slice(early).toSorted((one, other) => one - other),
    cores: busy.cores,
    coresPerLeg: (busy.cores - idle.cores) / up,
    bytesPerLeg: (busy.bytes - idle.bytes) / up,
    memory: Object.fromEntries(
      SERVICES.map((name, at) => [name, { idle: memoryBefore[at] ?? 0, after: memoryAfter[at] ?? 0 }]),
    ),
    ...{ readyAfterMs, missing, sent },
    conspicuous: Object.fromEntries(
      ended.flatMap(({ peerId, state, reason, error, notes }) => {
        const codes = [error?.code, ...(notes ?? []).map(({ code }) => code)].filter((code) => code !== undefined);
        const lacks = lacking.get(peerId) ?? "";
        if (state === "ready" && codes.length === 0 && lacks === "") return [];
        return [[peerId, `${[state, reason, ...codes].join(" ")}${lacks}`]];
      }),
    ),
  };
}

const memories = () => Promise.all(SERVICES.map(memoryOf));

/** What the machine uses in this time. */
async function over(callers: number, ms: number): Promise<{ cores: number; bytes: number }> {
  const first: Usage = await usage(callers);
  await delay(ms);
  const last = await usage(callers);
  return { cores: (last.cpuSeconds - first.cpuSeconds) / ((last.atMs - first.atMs) / 1000), bytes: last.bytes };
}
