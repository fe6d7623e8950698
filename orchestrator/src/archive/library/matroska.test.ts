import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "./matroska.ts";

const element = (id: string, ...content: Buffer[]) => {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(8);
  size.writeUInt32BE(body.length, 4);
  size[0] = 0x01; // an eight-byte size
  return Buffer.concat([Buffer.from(id, "hex"), size, body]);
};
const UNKNOWN_SIZE = Buffer.from("01ffffffffffffff", "hex");
const header = element("1a45dfa3");
const duration = element("4489", Buffer.alloc(8));
const info = (...content: Buffer[]) => element("1549a966", ...content);
const cues = element("1c53bb6b", Buffer.alloc(20));
const cluster = element("1f43b675", Buffer.alloc(50));
const seekHeadTo = (id: string) => element("114d9b74", element("4dbb", element("53ab", Buffer.from(id, "hex"))));
const file = (...content: Buffer[]) => Buffer.concat([header, element("18538067", ...content)]);

describe("a Matroska file", () => {
  test("with cues in front and a duration is reported to have both", () => {
    expect(factsOf(file(info(duration), cues, cluster))).toEqual({ hasDuration: true, hasCues: true });
  });

  test("whose seek head points to cues at the end has cues", () => {
    expect(factsOf(file(seekHeadTo("1c53bb6b"), info(duration), cluster)).hasCues).toBe(true);
    expect(factsOf(file(seekHeadTo("1549a966"), info(duration), cluster)).hasCues).toBe(false);
  });

  test("of a killed recorder has neither: its segment has an unknown size", () => {
    const killed = Buffer.concat([header, Buffer.from("18538067", "hex"), UNKNOWN_SIZE, info(), cluster]);
    expect(factsOf(killed)).toEqual({ hasDuration: false, hasCues: false });
  });

  test("that is truncated inside its cues is read as far as possible", () => {
    const whole = file(info(duration), cues, cluster);
    for (let length = 0; length < whole.length; length += 1) factsOf(whole.subarray(0, length));
  });
});

test("arbitrary bytes are read without an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void factsOf(Buffer.from(bytes))));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      factsOf(Buffer.concat([header, Buffer.from("18538067", "hex"), UNKNOWN_SIZE, Buffer.from(bytes)]));
    }),
  );
});
