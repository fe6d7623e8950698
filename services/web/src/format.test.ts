import { describe, expect, test } from "vitest";
import { bytes, codecName, day, duration, endReason, sentence } from "./format.ts";

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

  test("today and yesterday have names", () => {
    const now = new Date("2026-11-23T12:00:00");
    expect(day("2026-11-23T00:30:00", now)).toBe("Today");
    expect(day("2026-11-22T23:30:00", now)).toBe("Yesterday");
    expect(day("2026-11-21T23:30:00", now)).toContain("2026");
  });

  test("unknown values are shown unchanged", () => {
    expect(endReason("force_close")).toBe("hung up");
    expect(endReason("something_new")).toBe("something new");
    expect(codecName("opus")).toBe("Opus");
    expect(codecName("pcmu")).toBe("PCMU");
  });

  test.each([
    ["as many legs as this host may record", "As many legs as this host may record."],
    ["Is it running?", "Is it running?"],
  ])("%j becomes the sentence %j", (text, expected) => expect(sentence(text)).toBe(expected));
});
