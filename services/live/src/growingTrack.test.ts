import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GrowingTrack } from "./growingTrack.ts";
import { block, cluster, head } from "./testMatroska.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "live-"));
  path = join(folder, "track.mkv.part");
});
afterEach(() => rm(folder, { recursive: true }));

/** A cluster of one second, with its number as content. It may begin with a keyframe. */
const second = (number: number, isKeyframe = false) =>
  cluster(number * 1000, block(0, isKeyframe, Buffer.from(`s${number}`)), block(500, false, Buffer.from("-")));

async function* read(fromMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  await using track = await GrowingTrack.open(path);
  yield* track.read(fromMs, signal);
}

/** Reads up to `count` pieces. */
async function take(pieces: AsyncGenerator<Buffer>, count: number): Promise<Buffer[]> {
  const taken: Buffer[] = [];
  while (taken.length < count) {
    const { value, done } = await pieces.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

test("a growing track is read, but only complete clusters", async () => {
  await writeFile(path, "");
  const over = new AbortController();
  const pieces = read(0, over.signal);
  const first = take(pieces, 2);
  await appendFile(path, head().subarray(0, 20));
  await appendFile(path, Buffer.concat([head().subarray(20), second(0, true), second(1).subarray(0, 10)]));
  expect(await first).toEqual([head(), second(0, true)]);

  let hasArrived = false;
  const next = take(pieces, 1).then((taken) => {
    hasArrived = true;
    return taken;
  });
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(hasArrived).toBe(false);
  await appendFile(path, second(1).subarray(10));
  expect(await next).toEqual([second(1)]);
  over.abort();
  expect(await take(pieces, 1)).toEqual([]);
});

test("reading from a later time begins at the last keyframe before it", async () => {
  const all = [second(0, true), second(1), second(2, true), second(3), second(4), second(5, true), second(6)];
  await writeFile(path, Buffer.concat([head(), ...all]));
  const over = new AbortController();
  for (const [fromMs, index] of [
    [-100, 0],
    [1_500, 0],
    [4_200, 2],
    [60_000, 5],
  ] as const) {
    const pieces = read(fromMs, over.signal);
    expect(await take(pieces, 2)).toEqual([head(), all[index]]);
    await pieces.return(undefined); // which closes the file
  }
});
