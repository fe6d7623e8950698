import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMetadata } from "./metadata.ts";

describe("metadata of a caller", () => {
  test.each([
    ["an object as the gateway sends it", '{\n    "call": "support-1", "name": "Ada"\n}', "support-1"],
    ["an object", { call: "support-1" }, "support-1"],
    ["a number as a call", '{"call": 4711}', "4711"],
    ["an object without a call", '{"name": "Ada"}', null],
    ["an empty call", '{"call": ""}', null],
    ["a call that is not a string", '{"call": {"id": 1}}', null],
    ["a call that is too long", JSON.stringify({ call: "x".repeat(300) }), null],
    ["an array", '["support-1"]', null],
    ["plain text", "support-1", null],
    ["broken JSON", '{"call": "support-1"', null],
    ["nothing", "", null],
    ["null", null, null],
    ["undefined", undefined, null],
  ])("%s", (_, wire, key) => {
    expect(readMetadata(wire).key).toBe(key);
  });

  test("is stored as the page sent it", () => {
    expect(readMetadata('{"seat": 1, "note": "<b>ü"}').kept).toEqual({ seat: 1, note: "<b>ü" });
    expect(readMetadata("hello").kept).toBe("hello");
    expect(readMetadata("").kept).toBeNull();
  });

  test("is not stored when it is too large, but its call key is still used", () => {
    const { key, kept } = readMetadata(JSON.stringify({ call: "c", more: "x".repeat(100_000) }));
    expect(key).toBe("c");
    expect(kept).toEqual({ tooLarge: 100_022 });
  });

  test("is stored as text when it is nested too deeply", () => {
    const bomb = `${"[".repeat(8_000)}${"]".repeat(8_000)}`;
    expect(readMetadata(bomb)).toEqual({ key: null, kept: bomb });
    expect(readMetadata(`${"[".repeat(500_000)}${"]".repeat(500_000)}`).key).toBeNull();
  });

  test("cannot modify object prototypes", () => {
    const { kept } = readMetadata('{"__proto__": {"call": "x"}}');
    expect(({} as { call?: string }).call).toBeUndefined();
    expect(readMetadata('{"__proto__": {"call": "x"}}').key).toBeNull();
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"call":"x"}}');
  });

  test("never causes an error when read, and can always be serialised", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.json(), fc.string()), (wire) => {
        const { key, kept } = readMetadata(wire);
        expect(key === null || typeof key === "string").toBe(true);
        JSON.stringify(kept);
      }),
    );
  });
});
