import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultRecorderLimit } from "@skyway-call-recorder/process/recorderLimit.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";

const MEBIBYTE = 1024 * 1024;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "capacity-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function from(text: string, maxConcurrentRecorders?: number) {
  const file = join(folder, "config.yaml");
  await writeFile(file, text);
  return readCapacity(file, maxConcurrentRecorders);
}

const CONTAINERS = 2 * defaultRecorderLimit() + 40;
const DEFAULT = {
  ...{ containers: CONTAINERS, openRequests: 2 * CONTAINERS + 64 },
  recorderBytes: 256 * MEBIBYTE,
  jobBytes: 1_024 * MEBIBYTE,
};

test("without a configuration, the orchestrator's defaults count", async () => {
  expect(await readCapacity(undefined)).toEqual(DEFAULT);
  expect(await readCapacity("/no/such/file")).toEqual(DEFAULT);
  for (const text of ["", "# nothing\n", "[", "maxConcurrentRecorders: many", "recorder: 5"]) {
    expect(await from(text)).toEqual(DEFAULT);
  }
});

test("a thousand recorders have all the containers and waits that they need", async () => {
  const { containers, openRequests } = await from("maxConcurrentRecorders: 1000");
  expect(containers).toBeGreaterThan(2_000);
  expect(openRequests).toBeGreaterThan(2 * containers);
});

test("the environment overrides the file, and memory is that of the file", async () => {
  const text = "maxConcurrentRecorders: 5\nrecorder: { memoryMebibytes: 128 }\njobs: { memoryMebibytes: 256 }\n";
  expect((await from(text)).containers).toBe(50);
  expect(await from(text, 30)).toMatchObject({
    ...{ containers: 100, recorderBytes: 128 * MEBIBYTE, jobBytes: 512 * MEBIBYTE },
  });
});
