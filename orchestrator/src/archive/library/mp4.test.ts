import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inspectMp4 } from "./mp4.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp4-"));
});
afterAll(() => rm(folder, { recursive: true }));

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length);
  header.write(type, 4, "latin1");
  return Buffer.concat([header, body]);
}

function movieHeader(duration: number): Buffer {
  const content = Buffer.alloc(100);
  content.writeUInt32BE(duration, 16);
  return box("mvhd", content);
}

async function facts(...content: Buffer[]) {
  const path = join(folder, "file.mp4");
  await writeFile(path, Buffer.concat(content));
  return inspectMp4(path);
}

const type = box("ftyp", Buffer.from("isom"));
const media = box("mdat", Buffer.alloc(50));

test("an MP4 file with its index in front and a duration is reported to have both", async () => {
  expect(await facts(type, box("moov", movieHeader(5_000)), media)).toEqual({
    hasDuration: true,
    hasIndexInFront: true,
  });
});

test("a file whose index comes last, is truncated, or is missing has none", async () => {
  const nothing = { hasDuration: false, hasIndexInFront: false };
  expect(await facts(type, media, box("moov", movieHeader(5_000)))).toEqual(nothing);
  expect(await facts(type, box("moov", movieHeader(5_000)).subarray(0, 60))).toEqual(nothing);
  expect(await facts(Buffer.from("no MP4"))).toEqual(nothing);
});

test("a file with duration zero has no duration", async () => {
  expect(await facts(type, box("moov", movieHeader(0)), media)).toEqual({ hasDuration: false, hasIndexInFront: true });
});
