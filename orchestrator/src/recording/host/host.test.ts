import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { availableMemory } from "./availableMemory.ts";
import { CpuWait, SAMPLE_INTERVAL_MS, WINDOW_MS } from "./cpuWait.ts";
import { Host } from "./host.ts";

const MEBIBYTE = 1024 * 1024;
const LIMITS = { minimumAvailableBytes: 256 * MEBIBYTE, maximumCpuWaitMs: 250 };

function hostWith({ available = 1_000, waitMs = 0 }: { available?: number | undefined; waitMs?: number }): Host {
  return new Host(LIMITS, {
    availableBytes: async () => {
      if (Number.isNaN(available)) throw new Error("unknown");
      return available * MEBIBYTE;
    },
    cpuWaitMs: () => waitMs,
  });
}

describe("a host", () => {
  test("with enough resources accepts a call", () => expect(hostWith({}).check()).resolves.toBeUndefined());

  test("reports the available and the required memory", () =>
    expect(hostWith({ available: 255 }).check()).rejects.toMatchObject({
      code: "MEMORY_SHORT",
      message: expect.stringContaining("255 MiB available, at least 256 MiB required"),
    }));

  test("reports the CPU wait", () =>
    expect(hostWith({ waitMs: 251.4 }).check()).rejects.toMatchObject({
      code: "CPU_SHORT",
      message: expect.stringContaining("251 ms, at most 250 ms"),
    }));

  test("whose available memory is unknown accepts a call", () =>
    expect(hostWith({ available: Number.NaN }).check()).resolves.toBeUndefined());
});

describe("the CPU wait", () => {
  test("is zero before the first measurement", () => expect(new CpuWait().ms).toBe(0));

  test("is not high after a single burst", () => {
    const wait = new CpuWait();
    for (let sample = 0; sample < 95; sample += 1) wait.note(1);
    wait.note(400);
    expect(wait.ms).toBe(1);
  });

  test("is not high after a single burst at the start of the process", () => {
    const wait = new CpuWait();
    wait.note(600);
    wait.note(1);
    expect(wait.ms).toBe(0);
  });

  test("is high after repeated long waits, until waits have been short for a while", () => {
    const wait = new CpuWait();
    for (let sample = 0; sample < 20; sample += 1) wait.note(400);
    expect(wait.ms).toBeGreaterThan(250);
    for (let sample = 0; sample < WINDOW_MS / SAMPLE_INTERVAL_MS; sample += 1) wait.note(2);
    expect(wait.ms).toBe(2);
  });

  test("is high in a process that is prevented from running", async () => {
    const wait = new CpuWait();
    const stop = wait.start();
    for (let round = 0; round < 6; round += 1) {
      const end = performance.now() + 300;
      while (performance.now() < end); // blocks the event loop
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stop();
    expect(wait.ms).toBeGreaterThan(100);
  });
});

describe("available memory", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "meminfo-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("is the kernel's value", async () => {
    const path = join(folder, "meminfo");
    await writeFile(path, "MemTotal:       4000000 kB\nMemAvailable:   1048576 kB\n");
    expect(await availableMemory(path)).toBe(1024 * MEBIBYTE);
    expect(await availableMemory()).toBeGreaterThan(MEBIBYTE);
  });

  test("is unknown if the kernel does not report it", async () => {
    const path = join(folder, "meminfo");
    await writeFile(path, "MemTotal:       4000000 kB\n");
    await expect(availableMemory(path)).rejects.toThrow("MemAvailable");
  });
});
