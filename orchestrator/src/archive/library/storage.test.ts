import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import { ManualClock } from "../../testing/manualClock.ts";
import { Library } from "./library.ts";
import { Paths } from "./paths.ts";
import { Storage } from "./storage.ts";

const MEBIBYTE = 1024 * 1024;
const MINIMUM_BYTES = 16 * MEBIBYTE;
const LEG = "leg_0mf9abcde0123456789";
const silent = pino({ level: "silent" });

/** A real volume of 64 MiB; mounting it requires root. */
const root = mkdtempSync(join(tmpdir(), "storage-"));
const mount = (...options: string[]) => execFileSync("mount", [...options, root]);
const umount = () => execFileSync("umount", [root]);
const spool = (name: string, bytes: number) => writeFileSync(join(root, "spool", name), Buffer.alloc(bytes));

describe.skipIf(process.getuid?.() !== 0)("a volume of 64 MiB with a minimum of 16 MiB free", () => {
  let storage: Storage;

  beforeAll(() => {
    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs");
  });
  afterAll(() => {
    umount();
    rmSync(root, { recursive: true });
  });
  beforeEach(() => {
    for (const folder of ["spool", "calls"]) {
      rmSync(join(root, folder), { recursive: true, force: true });
      mkdirSync(join(root, folder));
    }
    storage = new Storage(new Library(new Paths(root), silent), MINIMUM_BYTES);
  });

  test("accepts calls while there is space", async () => {
    await expect(storage.check()).resolves.toBeUndefined();
  });

  test("counts unassembled tracks twice, and assembled ones once", async () => {
    spool(`${LEG}-p1.video.mkv.part`, 26 * MEBIBYTE);
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_FULL" });
    spool(`${LEG}-p1.webm.part`, 20 * MEBIBYTE);
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_FULL" }); // 64 - 46 free, 6 reserved
    truncateSync(join(root, "spool", `${LEG}-p1.video.mkv.part`), 20 * MEBIBYTE);
    await expect(storage.check()).resolves.toBeUndefined();
  });

  test("recovers only with slightly more than the minimum free, so that it is not full again immediately", async () => {
    spool("other", 49 * MEBIBYTE);
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_FULL" });
    spool("other", 47 * MEBIBYTE);
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_FULL" });
    spool("other", 40 * MEBIBYTE);
    await expect(storage.check()).resolves.toBeUndefined();
    spool("other", 47 * MEBIBYTE);
    await expect(storage.check()).resolves.toBeUndefined();
  });

  test("stops recordings while it is full, logs it once, and recovers automatically", async () => {
    const clock = new ManualClock();
    const logged: { code?: string; msg: string }[] = [];
    const log = pino({}, { write: (line) => void logged.push(JSON.parse(line)) });
    const over = new AbortController();
    const [onFull, onWell] = [vi.fn(), vi.fn()];
    const watching = storage.watch({ onFull, onWell }, clock, log, over.signal);
    const looksAt = async (what: Mock) => {
      const before = what.mock.calls.length;
      // File system calls take real time.
      await vi.waitFor(
        () => clock.pass(1_000, 500).then(() => expect(what.mock.calls.length).toBeGreaterThan(before)),
        {
          timeout: 30_000,
        },
      );
    };
    await looksAt(onWell);
    expect({ ended: onFull.mock.calls, logged }).toEqual({ ended: [], logged: [] });
    spool("other", 60 * MEBIBYTE);
    await looksAt(onFull);
    await looksAt(onFull);
    expect(logged.map(({ code }) => code)).toEqual(["STORAGE_FULL"]);
    spool("other", 1);
    await looksAt(onWell);
    await looksAt(onWell);
    expect(logged.map(({ msg }) => msg)).toEqual(["storage is full or unavailable", "storage is usable again"]);
    over.abort();
    await clock.pass(1_000);
    await watching;
  });

  test("that becomes read-only or disappears is reported as unavailable, and recovers", async () => {
    mount("-o", "remount,ro");
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    mount("-o", "remount,rw");
    await expect(storage.check()).resolves.toBeUndefined();
    umount();
    await expect(storage.check()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs");
    for (const folder of ["spool", "calls"]) mkdirSync(join(root, folder));
    await expect(storage.check()).resolves.toBeUndefined();
  });
});
