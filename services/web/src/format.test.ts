import { describe, expect, test } from "vitest";
import { bytes, duration, ending, instant, nameOf } from "./format.ts";

describe("format", () => {
  test.each([
    [0, "0:00"],
    [20.96, "0:20"],
    [65, "1:05"],
    [3_661, "1:01:01"],
    [-3, "0:00"],
  ])("%d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  test.each([
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [196_416, "196 kB"],
    [2_500_000, "2.5 MB"],
  ])("%d bytes are %s", (count, text) => expect(bytes(count)).toBe(text));

  test("a time of another day has its date", () => {
    const now = new Date("2026-11-23T12:00:00");
    expect(instant("2026-11-23T09:30:00", now)).not.toContain("2026");
    expect(instant("2026-11-22T09:30:00", now)).toContain("2026");
  });

  test("an unknown reason is shown as it is", () => {
    expect(ending("force_close")).toBe("hung up");
    expect(ending("something_new")).toBe("something new");
  });

  test.each([
    [{ name: "Ada" }, "Ada"],
    [{ name: 5 }, undefined],
    ["Ada", undefined],
    [null, undefined],
  ])("the name in %j is %j", (metadata, name) => expect(nameOf(metadata)).toBe(name));
});
