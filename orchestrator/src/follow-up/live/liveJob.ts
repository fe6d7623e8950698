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

/** What a stream says of a server that it is handed to. */
const Pushed = z.object({
  event: z.literal("push"),
  name: z.string(),
  state: z.enum(["connecting", "pushing", "waiting"]),
  reason: z.string().optional(),
});

/** A stream that is lost is begun again as long as its call lasts, within reason. */
const RETRIES: RetrySchedule = { attempts: 20, firstPauseMs: 1_000, lastPauseMs: 15_000 };
const PIDS = 256;
/** Mode of a plan: there may be keys of servers in it. */
const SECRET = 0o600;
/** A stream of whose plan nothing is heard for some times longer ends by itself: there is no orchestrator any more. */
const HEARTBEAT_MS = 10_000;

interface LiveRooms {
  calls: CallBook;
  clock: Clock;
  paths: Paths;
  /** That has the `live` command. */
  image: string;
  /** The network that leads to servers elsewhere. */
  network: string | undefined;
}

/** Shows a call while it goes on: the job lasts as long as the call does. */
export class LiveKind implements JobKind<LiveOrder> {
  readonly name = LIVE;
  readonly order = LiveOrder;
  readonly load = "light";
  readonly retries = RETRIES;
  readonly #configuration: LiveConfiguration;
  readonly #rooms: LiveRooms;
  /** Folders of streams that have ended, until nobody watches their end any more. */
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
      const news = this.#hear(callId, work);
      const { onLine } = news;
      try {
        const order = { command: [LIVE, id], image, pids: PIDS, onLine, ...(network && { network }) };
        mustSucceed(await work.container(order));
      } finally {
        await news.close();
      }
      await this.clean({ id, callId });
    } finally {
      over.abort();
      await planned.last;
    }
  }

  /** The stream is over; its end can be watched for a while. */
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

  /** Removes what an earlier life left of streams that nobody goes on with. */
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
    await rm(paths.liveFolder(callId), { recursive: true, force: true }).catch(() => undefined); // at the next start
  }

  /** Servers come and go; what is known of them stands in the manifest, one piece of news after the other. */
  #hear(callId: CallId, work: JobWork) {
    const { calls } = this.#rooms;
    const pushes: NonNullable<Live["pushes"]> = {};
    let isClosed = false;
    let written: Promise<void> = Promise.resolve();
    const write = async () => {
      const live = (await calls.get(callId))?.live;
      if (live) await calls.recordLive(callId, { ...live, pushes: { ...pushes } });
    };
    const onLine = (line: string): void => {
      const segment = saidIn(line, AudioSegment);
      if (segment) calls.emit("audio", { callId, ...segment });
      const news = saidIn(line, Pushed);
      if (!news || isClosed) return;
      const { name, state, reason } = news;
      work.log.info({ server: name, state, reason }, "live stream handed on");
      pushes[name] = { state, ...(reason && { reason }) };
      written = written.then(write).catch((err) => work.log.warn({ err }, "a server's state is not written down"));
    };
    const close = (): Promise<void> => {
      isClosed = true;
      return written;
    };
    return { onLine, close };
  }

  async #beat(id: JobId, until: AbortSignal): Promise<void> {
    const { clock, paths } = this.#rooms;
    while (!until.aborted) {
      await clock.sleep(HEARTBEAT_MS, until);
      const now = clock.now();
      if (!until.aborted) await utimes(paths.plan(id), now, now).catch(() => undefined);
    }
  }

  /** Tells the stream who is there, whenever that changes, and at last that nobody is. */
  #keepPlan(id: JobId, callId: CallId, purpose: LivePurpose, until: AbortSignal) {
    const { calls, clock, paths } = this.#rooms;
    let written: Promise<void> = Promise.resolve();
    let newest = "";
    const write = (manifest: Manifest, endedUnixMs: number | null): Promise<void> => {
      const text = `${JSON.stringify(livePlan(manifest, purpose, paths, endedUnixMs))}\n`;
      if (text === newest) return written;
      newest = text;
      written = written.catch(() => undefined).then(() => writeAtomically(paths.plan(id), text, SECRET));
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
    void this.#beat(id, until);
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

/** Other lines are of no interest here. */
function saidIn<Schema extends z.ZodType>(line: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const audioOf = ({ per, format, segmentSeconds }: LiveOrder["form"]["audio"]) => ({ per, format, segmentSeconds });

/** Nothing is handed to anybody any more. */
function ended({ pushes: _, ...live }: Live, at: Date): Live {
  return { ...live, endedAt: at.toISOString() };
}
