import fc from "fast-check";
import { type Packable, pack } from "peerjs-js-binarypack";
import { expect, test } from "vitest";
import { unpack } from "./binaryPack.ts";

const packed = async (value: Packable) => Buffer.from((await pack(value)) as ArrayBuffer);

test.each([
  ...[0, 1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER],
  ...[-1, -32, -33, -128, -129, -32_768, -32_769, -2_147_483_648, -2_147_483_649, 0.5, -1.5e-300],
  ...[null, true, false, "", "grüß dich", "日本語 🎥", "x".repeat(15), "x".repeat(16), "x".repeat(70_000)],
  ...[[], [1, "two", [3]], Array.from({ length: 20 }, (_, index) => index), {}, { a: { b: ["c", null] } }],
])("%j is read as it was packed", async (value) => {
  expect(unpack(await packed(value as Packable))).toEqual(value);
});

test("any JSON value is read as it was packed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
      // The packer does not accept very large or very small numbers.
      const tame = (_: string, one: unknown) => (typeof one === "number" ? Math.trunc(one % 1e9) + 0.25 : one);
      const whole = JSON.parse(JSON.stringify(value), tame);
      expect(unpack(await packed(whole as Packable))).toEqual(whole);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test("bytes are read as bytes", async () => {
  for (const length of [3, 300, 70_000]) {
    const bytes = Buffer.alloc(length, 7);
    expect(unpack(await packed(new Uint8Array(bytes).buffer))).toEqual(bytes);
  }
});

test.each([
  ["an array of more than there is", [0xdd, 0xff, 0xff, 0xff, 0xff]],
  ["a map of more than there is", [0xdf, 0xff, 0xff, 0xff, 0xff]],
  ["a string of more than there is", [0xd9, 0xff, 0xff, 0xff, 0xff]],
  ["a number that is cut off", [0xcb, 0x00]],
  ["nothing", []],
  ["no type", [0xc4]],
  ["arrays in arrays without end", Array.from({ length: 1_000 }, () => 0x91)],
])("%s is refused", (_, bytes) => {
  expect(() => unpack(Buffer.from(bytes))).toThrow(RangeError);
});

test("arbitrary bytes cause no error except a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        unpack(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { seed: 6, numRuns: 20_000 },
  );
});
