import { readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import { AudioSegment, countSegments } from "../../archive/library/audioSegment.ts";
import type { Live, Manifest } from "../../archive/library/manifest.ts";
import type { Paths } from "../../archive/library/paths.ts";
import type { Clock } from "../../clock.ts";
import { type CallId, isCallId, type JobId } from "../../ids.ts";
import type { JobAtWork, JobKind, RetrySchedule } from "../jobs/jobKind.ts";
import { type JobWork, mustSucceed } from "../jobs/jobWork.ts";
import { type LiveConfiguration, LiveOrder } from "./liveForm.ts";
import { type LivePurpose, livePlan } from "./livePlan.ts";
import { pushOrder } from "./pushTarget.ts";

export const LIVE = "live";

/** The state of a server that a stream is pushed to, as services/live reports it. */
const PushEvent = z.object({
  event: z.literal("push"),
  name: z.string(),
  state: z.enum(["connecting", "pushing", "waiting"]),
  reason: z.string().optional(),
});

/** A lost stream is restarted while its call lasts, up to this number of attempts. */
const RETRIES: RetrySchedule = { attempts: 20, firstPauseMs: 1_000, lastPauseMs: 15_000 };
const PIDS = 256;
/** File mode of a plan, which may contain keys of servers. */
const OWNER_ONLY = 0o600;
/** Interval of touching the plan. A stream whose plan is not touched for several intervals stops by itself. */
const HEARTBEAT_MS = 10_000;

interface LiveRooms {
  calls: CallBook;
  clock: Clock;
  paths: Paths;
  /** Contains the `live` command. */
  image: string;
  /** The network through which external servers are reachable. */
  network: string | undefined;
}

/** Streams a call live. The job runs as long as the call. */
export class LiveKind implements JobKind<LiveOrder> {
  readonly name = LIVE;
  readonly order = LiveOrder;
  readonly load = "light";
  readonly retries = RETRIES;
  readonly #configuration: LiveConfiguration;
  readonly #rooms: LiveRooms;
  /** Ended streams whose folders are kept for a while for viewers. */
  readonly #lingering = new Map<CallId, AbortController>();

  constructor(configuration: LiveConfiguration, rooms: LiveRooms) {
    this.#configuration = configuration;
    this.#rooms = rooms;
  }

  async run({ id, callId, order }: JobAtWork<LiveOrder>, work: JobWork): Promise<void> {
    const { calls, clock, image } = this.#rooms;
    this.#lingering.get(callId)?.abort();
    const over = new AbortController();
    const { push } = this.#configuration;
    const pushes = push.filter(({ name }) => order.pushes.includes(name)).map(pushOrder);
    const planned = this.#keepPlan(id, callId, { ...order.form, pushes }, over.signal);
    try {
      await planned.first;
      const startedAt = (await calls.get(callId))?.live?.startedAt ?? clock.now().toISOString();
      const { outputs, audio } = order.form;
      const sound = outputs.includes("audio") && { audio: audioOf(audio) };
      await calls.recordLive(callId, { outputs, startedAt, endedAt: null, ...sound });
      const network = pushes.length > 0 ? this.#rooms.network : undefined;
      const output = this.#followOutput(callId, work);
      const { onLine } = output;
      try {
        const order = { command: [LIVE, id], image, pids: PIDS, onLine, ...(network && { network }) };
        mustSucceed(await work.container(order));
      } finally {
        await output.close();
      }
      await this.clean({ id, callId });
    } finally {
      over.abort();
      await planned.last;
    }
  }

  /** Marks the stream as ended. Its folder is kept for a while for viewers. */
  async clean({ id, callId }: Pick<JobAtWork<LiveOrder>, "id" | "callId">): Promise<void> {
    const { calls, clock, paths } = this.#rooms;
    await rm(paths.plan(id), { force: true });
    const live = (await calls.get(callId))?.live;
    if (live?.endedAt === null) {
      const { audio, ...rest } = ended(live, clock.now());
      const segments = audio && (await countSegments(paths.audioFolder(callId)));
      await calls.recordLive(callId, { ...rest, ...(audio && { audio: { ...audio, segments } }) });
    }
    void this.#removeLater(callId);
  }

  /** Removes the folders of ended streams that a previous process left. */
  async sweep(goingOn: readonly CallId[]): Promise<void> {
    const { paths } = this.#rooms;
    const names = await readdir(paths.live).catch(() => []);
    for (const name of names) {
      if (isCallId(name) && !goingOn.includes(name)) await rm(join(paths.live, name), { recursive: true, force: true });
    }
  }

  async #removeLater(callId: CallId): Promise<void> {
    const { clock, paths } = this.#rooms;
    const stop = new AbortController();
    this.#lingering.get(callId)?.abort();
    this.#lingering.set(callId, stop);
    await clock.sleep(this.#configuration.lingerSeconds * 1000, stop.signal);
    if (stop.signal.aborted) return;
    this.#lingering.delete(callId);
    await rm(paths.liveFolder(callId), { recursive: true, force: true }).catch(() => undefined); // removed at the next start
  }

  /** Handles the events of a stream: emits audio segments and writes the state of servers to the manifest, in order. */
  #followOutput(callId: CallId, work: JobWork) {
    const { calls } = this.#rooms;
    const pushes: NonNullable<Live["pushes"]> = {};
    let isClosed = false;
    let written: Promise<void> = Promise.resolve();
    const write = async () => {
      const live = (await calls.get(callId))?.live;
      if (live) await calls.recordLive(callId, { ...live, pushes: { ...pushes } });
    };
    const onLine = (line: string): void => {
      const segment = parseLine(line, AudioSegment);
      if (segment) calls.emit("audio", { callId, ...segment });
      const event = parseLine(line, PushEvent);
      if (!event || isClosed) return;
      const { name, state, reason } = event;
      work.log.info({ server: name, state, reason }, "state of a live stream push");
      pushes[name] = { state, ...(reason && { reason }) };
      written = written
        .then(write)
        .catch((err) => work.log.warn({ err }, "the state of a server could not be written"));
    };
    const close = (): Promise<void> => {
      isClosed = true;
      return written;
    };
    return { onLine, close };
  }

  async #touchPlan(id: JobId, until: AbortSignal): Promise<void> {
    const { clock, paths } = this.#rooms;
    while (!until.aborted) {
      await clock.sleep(HEARTBEAT_MS, until);
      const now = clock.now();
      if (!until.aborted) await utimes(paths.plan(id), now, now).catch(() => undefined);
    }
  }

  /** Writes the plan of the stream whenever the participants change, and finally that the call has ended. */
  #keepPlan(id: JobId, callId: CallId, purpose: LivePurpose, until: AbortSignal) {
    const { calls, clock, paths } = this.#rooms;
    let written: Promise<void> = Promise.resolve();
    let newest = "";
    const write = (manifest: Manifest, endedUnixMs: number | null): Promise<void> => {
      const text = `${JSON.stringify(livePlan(manifest, purpose, paths, endedUnixMs))}\n`;
      if (text === newest) return written;
      newest = text;
      written = written.catch(() => undefined).then(() => writeAtomically(paths.plan(id), text, OWNER_ONLY));
      return written;
    };
    let leaving: AbortController | undefined;
    const look = async (manifest: Manifest): Promise<void> => {
      const goesOn = manifest.legs.some(({ state }) => !isOver(state) && state !== "finalising");
      if (goesOn) {
        leaving?.abort();
        leaving = undefined;
        await write(manifest, null);
      } else if (!leaving) {
        leaving = new AbortController();
        const { signal } = leaving;
        const endedUnixMs = clock.now().getTime();
        await write(manifest, null);
        await clock.sleep(this.#configuration.graceSeconds * 1000, AbortSignal.any([signal, until]));
        if (!signal.aborted && !until.aborted) await write(manifest, endedUnixMs);
      }
    };
    // A plan that cannot be written is written with the next change.
    const onChange = (manifest: Manifest) => {
      if (manifest.id === callId) void look(manifest).catch(() => undefined);
    };
    calls.on("change", onChange);
    until.addEventListener("abort", () => calls.off("change", onChange));
    void this.#touchPlan(id, until);
    const first = calls.get(callId).then(async (manifest) => {
      if (!manifest) return;
      await write(manifest, null);
      onChange(manifest);
    });
    return {
      first,
      get last() {
        return written.catch(() => undefined);
      },
    };
  }
}

/** @returns undefined for other lines. */
function parseLine<Schema extends z.ZodType>(line: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const audioOf = ({ per, format, segmentSeconds }: LiveOrder["form"]["audio"]) => ({ per, format, segmentSeconds });

/** The manifest entry of an ended stream, without the state of servers. */
function ended({ pushes: _, ...live }: Live, at: Date): Live {
  return { ...live, endedAt: at.toISOString() };
}
