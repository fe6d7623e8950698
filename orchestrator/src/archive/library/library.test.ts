import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CallId, newCallId, newLegId, recorderIdOf } from "../../ids.ts";
import { Library } from "./library.ts";
import type { Manifest } from "./manifest.ts";
import { Paths } from "./paths.ts";

let root: string;
let library: Library;
const log = pino({ level: "silent" });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "library-"));
  library = new Library(new Paths(root), log);
  await mkdir(library.paths.spool);
  await mkdir(library.paths.calls);
});
afterEach(() => rm(root, { recursive: true }));

const at = (iso: string) => new Date(iso);
const manifestOf = (id: CallId): Manifest => ({
  version: 1,
  id,
  key: null,
  startedAt: "2026-11-23T10:00:00.000Z",
  legs: [],
});
const idsOf = async (before?: CallId) => {
  const ids: CallId[] = [];
  for await (const id of library.callIds(before)) ids.push(id);
  return ids;
};

describe("manifests", () => {
  test("are stored in a folder for the UTC date of their call's start", async () => {
    const id = newCallId(at("2026-11-23T23:59:59.999Z"));
    await library.writeManifest(manifestOf(id));
    expect(JSON.parse(await readFile(join(root, "calls/2026/11/23", id, "call.json"), "utf8"))).toEqual(manifestOf(id));
  });

  test("leave no temporary files after a write", async () => {
    const id = newCallId(new Date());
    await library.writeManifest(manifestOf(id));
    await library.writeManifest({ ...manifestOf(id), key: "again" });
    expect(await readdir(library.paths.call(id))).toEqual(["call.json"]);
    expect((await library.readManifest(id))?.key).toBe("again");
  });

  test.each(["", "{", "null", '{"version": 99}', '{"version": 1, "id": "../x"}'])(
    "that are invalid are treated as missing: %j",
    async (text) => {
      const id = newCallId(new Date());
      await mkdir(library.paths.call(id), { recursive: true });
      await writeFile(library.paths.manifest(id), text);
      expect(await library.readManifest(id)).toBeUndefined();
    },
  );
});

describe("the list of calls", () => {
  const times = ["2025-12-31T23:59:00Z", "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-10-02T00:00:00Z"];

  test("is ordered from newest to oldest, across days, months and years", async () => {
    const ids = times.map((time) => newCallId(at(time)));
    for (const id of ids) await library.writeManifest(manifestOf(id));
    expect(await idsOf()).toEqual(ids.toReversed());
  });

  test("can continue after any call, even a removed one", async () => {
    const ids = times.map((time) => newCallId(at(time)));
    for (const id of ids) await library.writeManifest(manifestOf(id));
    expect(await idsOf(ids[2])).toEqual([ids[1], ids[0]]);
    expect(await idsOf(newCallId(at("2026-05-05T00:00:00Z")))).toEqual([ids[2], ids[1], ids[0]]);
  });

  test("skips everything that is not a call", async () => {
    const id = newCallId(at("2026-01-01T00:00:00Z"));
    await library.writeManifest(manifestOf(id));
    await mkdir(join(dirname(library.paths.call(id)), "lost+found"));
    await writeFile(join(library.paths.calls, "notes.txt"), "");
    expect(await idsOf()).toEqual([id]);
  });
});

describe("the spool", () => {
  const one = recorderIdOf(newLegId(new Date()), 1);
  const other = recorderIdOf(newLegId(new Date()), 1);

  test("reports the size of each recorder's files", async () => {
    await writeFile(library.paths.track(one, "audio"), "12345");
    await writeFile(library.paths.track(one, "video"), "123");
    await writeFile(library.paths.track(other, "video"), "");
    await writeFile(join(library.paths.spool, "an operator's note"), "x");
    expect(await library.spooled()).toEqual(
      new Map([
        [one, 8],
        [other, 0],
      ]),
    );
  });

  test("is cleared of the files of one recorder only", async () => {
    await writeFile(library.paths.track(one, "audio"), "");
    await writeFile(library.paths.assembled(one, "webm"), "");
    await writeFile(library.paths.track(other, "audio"), "");
    await library.clearSpool(one);
    expect([...(await library.spooled()).keys()]).toEqual([other]);
  });
});

test("the last write to a recorder's tracks is the time of the newest one", async () => {
  const [one, other] = [recorderIdOf(newLegId(new Date()), 1), recorderIdOf(newLegId(new Date()), 1)];
  const write = async (path: string, text: string, at: string) => {
    await writeFile(path, text);
    await utimes(path, new Date(at), new Date(at));
  };
  await write(library.paths.track(one, "audio"), "sound", "2026-01-01T00:00:05Z");
  await write(library.paths.track(one, "video"), "", "2026-01-01T00:00:09Z");
  await write(library.paths.assembled(one, "webm"), "joined", "2026-01-01T00:01:00Z");
  await write(library.paths.track(other, "audio"), "sound", "2026-01-01T00:00:07Z");
  expect(await library.lastWritten([one])).toEqual(new Date("2026-01-01T00:00:05Z"));
  expect(await library.lastWritten([one, other])).toEqual(new Date("2026-01-01T00:00:07Z"));
  expect(await library.lastWritten([recorderIdOf(newLegId(new Date()), 1)])).toBeUndefined();
});

test("a missing volume is reported as not writable", async () => {
  await rm(library.paths.spool, { recursive: true });
  await expect(library.checkWritable()).rejects.toThrow("ENOENT");
});

test("a file that fails its verification stays in the spool", async () => {
  const leg = newLegId(new Date());
  const recorder = recorderIdOf(leg, 1);
  const call = newCallId(new Date());
  await writeFile(library.paths.assembled(recorder, "webm"), "no WebM");
  const probed = JSON.stringify({
    format: { duration: "1.0" },
    streams: [{ codec_type: "audio", codec_name: "opus", nb_read_packets: "50" }],
  });
  const assembled = { recorderId: recorder, callId: call, legId: leg, format: "webm" };
  await expect(library.keep(assembled, probed)).rejects.toMatchObject({ code: "NOT_VERIFIED" });
  await expect(library.keep(assembled, "nonsense")).rejects.toMatchObject({ code: "NOT_VERIFIED" });
  expect((await stat(library.paths.assembled(recorder, "webm"))).size).toBe(7);
});
