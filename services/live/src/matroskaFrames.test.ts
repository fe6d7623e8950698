import fc from "fast-check";
import { expect, test } from "vitest";
import { matroskaFrames } from "./matroskaFrames.ts";
import { block, cluster, element, head } from "./testMatroska.ts";

const VOID = 0xec;
const STREAM = Buffer.concat([
  head(),
  cluster(0, block(0, true, Buffer.from("first")), block(40, false, Buffer.from("second"))),
  element(VOID, Buffer.alloc(300)),
  cluster(70_000, block(-20, false, Buffer.alloc(0)), block(5, true, Buffer.from("last"))),
]);
const FRAMES = [
  { ms: 0, data: "first" },
  { ms: 40, data: "second" },
  { ms: 69_980, data: "" },
  { ms: 70_005, data: "last" },
];

async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function framesOf(bytes: Buffer, lengths: readonly number[]) {
  const frames: { ms: number; data: string }[] = [];
  for await (const { ms, data } of matroskaFrames(pieces(bytes, lengths))) frames.push({ ms, data: data.toString() });
  return frames;
}

test("frames do not depend on how the stream is split into chunks", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(lengths, async (cut) => {
      expect(await framesOf(STREAM, cut)).toEqual(FRAMES);
    }),
  );
});

test("an incomplete frame is not returned", async () => {
  expect(await framesOf(STREAM.subarray(0, STREAM.length - 1), [64])).toEqual(FRAMES.slice(0, 3));
});
