import fc from "fast-check";
import { pack } from "peerjs-js-binarypack";
import { describe, expect, test } from "vitest";
import { MessageReader } from "./messageReader.ts";

const packed = async (value: Parameters<typeof pack>[0]) => Buffer.from((await pack(value)) as ArrayBuffer);

/** A message in the format of skyway-js: packed, split, and each piece packed again with its position. */
async function asSkyway(value: Parameters<typeof pack>[0], pieces: number, id = "1"): Promise<Buffer[]> {
  const whole = await packed(value);
  const size = Math.ceil(whole.length / pieces);
  return Promise.all(
    Array.from({ length: pieces }, (_, index) => {
      const data = new Uint8Array(whole.subarray(index * size, (index + 1) * size)).buffer;
      return packed({ id, type: "String", size: whole.length, totalParts: pieces, index, data });
    }),
  );
}

describe("a message of skyway-js' default serialization", () => {
  test("is read", async () => {
    const [one] = await asSkyway("grüß dich", 1);
    expect(new MessageReader("BINARY").read(one ?? Buffer.alloc(0))).toEqual({ text: "grüß dich" });
  });

  test("may come in parts, in any order, mixed with parts of others", async () => {
    const reader = new MessageReader("BINARY_UTF8");
    const [first, second, third] = await asSkyway({ words: "x".repeat(100), n: 7 }, 3);
    const [other] = await asSkyway("other", 1, "2");
    const read = [third, other, first, second].map((part) => reader.read(part ?? Buffer.alloc(0)));
    expect(read).toEqual([undefined, { text: "other" }, undefined, { json: { words: "x".repeat(100), n: 7 } }]);
  });

  test("with a file is stored as bytes", async () => {
    const [one] = await asSkyway(new Uint8Array([0, 255, 128]).buffer, 1);
    expect(new MessageReader("BINARY").read(one ?? Buffer.alloc(0))).toEqual({ base64: "AP+A" });
  });

  test("with missing parts does not fill the memory", async () => {
    const reader = new MessageReader("BINARY");
    for (let id = 0; id < 100; id += 1) {
      const [part] = await asSkyway("never finished", 2, `${id}`);
      expect(reader.read(part ?? Buffer.alloc(0))).toBeUndefined();
    }
    const [, last] = await asSkyway("never finished", 2, "99");
    expect(reader.read(last ?? Buffer.alloc(0))).toEqual({ text: "never finished" });
    const [, forgotten] = await asSkyway("never finished", 2, "0");
    expect(reader.read(forgotten ?? Buffer.alloc(0))).toBeUndefined();
  });
});

test("a page cannot fill the memory with large messages", async () => {
  const reader = new MessageReader("BINARY");
  const data = new ArrayBuffer(60_000);
  for (let index = 0; index < 99; index += 1) {
    reader.read(await packed({ id: "1", index, totalParts: 100, data }));
  }
  // Together these are 6 MB, so the earlier parts have been dropped.
  expect(reader.read(await packed({ id: "1", index: 99, totalParts: 100, data }))).toBeUndefined();
});

test("no message of a page makes the reader throw", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.constantFrom("BINARY", "BINARY_UTF8", "JSON", "NONE"), bytes, (serialization, message) => {
      new MessageReader(serialization).read(message);
    }),
    { seed: 5, numRuns: 5_000 },
  );
});

test("a message of PeerJS is read, also in parts", async () => {
  const reader = new MessageReader("BINARY");
  expect(reader.read(await packed({ hello: "world" }))).toEqual({ json: { hello: "world" } });
  const whole = await packed("a long one");
  const parts = [whole.subarray(0, 4), whole.subarray(4)].map((data, n) =>
    packed({ __peerData: 3, n, total: 2, data: new Uint8Array(data).buffer }),
  );
  const [first, second] = await Promise.all(parts);
  expect(reader.read(first ?? whole)).toBeUndefined();
  expect(reader.read(second ?? whole)).toEqual({ text: "a long one" });
});

test.each([
  ["NONE", Buffer.from("grüß dich"), { text: "grüß dich" }],
  ["NONE", Buffer.from([0xc0, 0x80]), { base64: "wIA=" }],
  ["JSON", Buffer.from('"hello"'), { text: "hello" }],
  ["JSON", Buffer.from('{"a":[1]}'), { json: { a: [1] } }],
  ["JSON", Buffer.from("no JSON"), { text: "no JSON" }],
  ["BINARY", Buffer.from([0xff, 0xff, 0xff]), expect.anything()],
  ["BINARY", Buffer.alloc(0), expect.anything()],
] as const)("%s: %j is stored, even if it is malformed", (serialization, message, content) => {
  expect(new MessageReader(serialization).read(message)).toEqual(content);
});
