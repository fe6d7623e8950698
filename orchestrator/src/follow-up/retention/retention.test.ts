import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import { Library } from "../../archive/library/library.ts";
import { Paths } from "../../archive/library/paths.ts";
import { type CallId, newCallId, newLegId, recorderIdOf } from "../../ids.ts";
import { RunningLegs } from "../../recording/legs/runningLegs.ts";
import { failedLeg, manifestOf, readyLeg, recordingLeg } from "../../testing/manifests.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { removeCall } from "./removeCall.ts";
import { Retention } from "./retention.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const MEGABYTE = 1e6;

let root: string;
let clock: ManualClock;
let rooms: ReturnType<typeof openRooms>;
let unsafe: Set<CallId>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "retention-"));
  await Promise.all([mkdir(join(root, "spool")), mkdir(join(root, "calls"))]);
  clock = new ManualClock("2026-11-23T12:00:00.000Z");
  rooms = openRooms();
  unsafe = new Set();
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

function openRooms() {
  const log = pino({ level: "silent" });
  const library = new Library(new Paths(root), log);
  const calls = new CallBook(library, clock);
  const forgotten: CallId[] = [];
  const webhooks = { forget: async (id: CallId) => void forgotten.push(id) };
  const uploads = { forget: async () => {} };
  const jobs = { forgetCall: async () => {} };
  return { log, library, calls, clock, runningLegs: new RunningLegs(), jobs, uploads, webhooks, forgotten };
}

const retention = (limits: { days?: number; gigabytes?: number }) =>
  new Retention(
    { days: 0, gigabytes: 0, ...limits },
    { ...rooms, metrics: new Registry(), isSafe: ({ id }) => !unsafe.has(id) },
  );

/** A call on the volume that ended now, with a recording of some megabytes. */
async function storeCall(megabytes = 1, leg = readyLeg(clock.now())): Promise<CallId> {
  const id = newCallId(clock.now());
  await rooms.library.writeManifest(manifestOf(id, clock.now(), leg));
  await writeFile(rooms.library.paths.recording(id, `${leg.id}.webm`), Buffer.alloc(megabytes * MEGABYTE));
  return id;
}

const folder = (id: CallId) => rooms.library.paths.call(id);

async function stored(): Promise<CallId[]> {
  const ids: CallId[] = [];
  for await (const id of rooms.library.callIds()) ids.push(id);
  return ids;
}

describe("retention", () => {
  test("removes calls and their folders when they reach the age limit, and sweeps regularly", async () => {
    const over = new AbortController();
    const first = await storeCall();
    await clock.pass(2 * DAY_MS, HOUR_MS);
    const second = await storeCall();
    const watching = retention({ days: 3 }).watch(over.signal);
    // Two more days with time for disk access; the second call is not old enough by then.
    for (let hours = 0; rooms.forgotten.length === 0 && hours < 48; hours += 1) {
      await clock.pass(HOUR_MS, 10 * 60_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(existsSync(join(folder(first), ".."))).toBe(false);
    expect(await stored()).toEqual([second]);
    expect(rooms.forgotten).toEqual([first]);
    over.abort();
    await watching;
  });

  test("removes the oldest calls until the others fit", async () => {
    const ids: CallId[] = [];
    for (let count = 0; count < 4; count += 1) {
      ids.unshift(await storeCall());
      await clock.pass(1_000, 1_000);
    }
    await retention({ gigabytes: 0.0025 }).sweep();
    expect(await stored()).toEqual(ids.slice(0, 2));
  });

  test("never removes a call that is running, may be rejoined, or is not uploaded yet", async () => {
    const leg = recordingLeg(clock.now());
    const recording = newCallId(clock.now());
    await rooms.library.writeManifest(manifestOf(recording, clock.now(), leg));
    const waiting = await storeCall();
    unsafe.add(waiting);
    const busy = await storeCall();
    const { promise, resolve } = Promise.withResolvers<void>();
    void rooms.runningLegs.run(busy, newLegId(clock.now()), () => promise);
    const rejoinable = newCallId(clock.now());
    await clock.pass(30 * DAY_MS, DAY_MS);
    const late = readyLeg(clock.now());
    await rooms.library.writeManifest({ ...manifestOf(rejoinable, clock.now(), late), key: "conversation" });

    await retention({ days: 1e-6, gigabytes: 1e-9 }).sweep();
    expect((await stored()).toSorted()).toEqual([recording, waiting, busy, rejoinable].toSorted());

    unsafe.clear();
    resolve();
    await clock.pass(HOUR_MS, HOUR_MS);
    await retention({ days: 1e-6 }).sweep();
    expect(await stored()).toEqual([recording]);
  });

  test("continues with the next call if one cannot be removed", async () => {
    const stuck = await storeCall();
    await clock.pass(DAY_MS, DAY_MS);
    await storeCall();
    rooms.library.removeCall = async (id, recorders, now) =>
      id === stuck
        ? { removed: [], left: [{ path: "x", reason: "EACCES" }] }
        : Library.prototype.removeCall.call(rooms.library, id, recorders, now);
    await clock.pass(DAY_MS, DAY_MS);
    await retention({ days: 0.5 }).sweep();
    expect(await stored()).toEqual([stuck]);
  });
});

describe("removing a call", () => {
  test("removes its files, its spool files, its manifest and its webhook messages", async () => {
    const leg = { ...failedLeg(clock.now()), recorderId: recorderIdOf(newLegId(clock.now()), 1) };
    const id = await storeCall(1, leg as never);
    const spooled = join(root, "spool", `${leg.recorderId}.audio.mkv.part`);
    const foreign = join(root, "spool", `${recorderIdOf(newLegId(clock.now()), 1)}.audio.mkv.part`);
    await Promise.all([writeFile(spooled, ""), writeFile(foreign, "")]);
    const removed: CallId[] = [];
    rooms.calls.on("removed", (one) => removed.push(one));

    const manifest = await rooms.calls.get(id);
    if (!manifest) throw new Error("no manifest");
    const names = await removeCall(manifest, rooms);

    expect(names.map((name) => name.split("/").at(-1))).toEqual([
      `${leg.recorderId}.audio.mkv.part`,
      `${leg.id}.webm`,
      "call.json",
    ]);
    expect(existsSync(folder(id))).toBe(false);
    expect(existsSync(spooled)).toBe(false);
    expect(existsSync(foreign)).toBe(true);
    expect(rooms.forgotten).toEqual([id]);
    expect(removed).toEqual([id]);
    expect(await rooms.calls.get(id)).toBeUndefined();
  });

  test("is refused while it is being recorded", async () => {
    const leg = recordingLeg(clock.now());
    const manifest = manifestOf(newCallId(clock.now()), clock.now(), leg);
    await expect(removeCall(manifest, rooms)).rejects.toMatchObject({ code: "CALL_GOES_ON", status: 409 });
  });

  test("reports files that could not be removed, and the call stays listed", async () => {
    const id = await storeCall();
    rooms.library.removeCall = async () => ({ removed: [], left: [{ path: "calls/x.webm", reason: "EROFS" }] });
    const manifest = await rooms.calls.get(id);
    if (!manifest) throw new Error("no manifest");
    const failing = removeCall(manifest, rooms);
    await expect(failing).rejects.toMatchObject({ code: "NOT_ALL_REMOVED", message: /x\.webm \(EROFS\)/ });
    expect(await stored()).toEqual([id]);
  });
});
