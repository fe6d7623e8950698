import { expect, test } from "vitest";
import { demultiplex, type LogLine, stdoutLines, unixSeconds } from "./logStream.ts";

const frame = (type: number, text: string) => {
  const bytes = Buffer.from(text);
  const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

test("stdout and stderr are separated, each in order", () => {
  const raw = Buffer.concat([frame(1, "one "), frame(2, "oh "), frame(1, "twö"), frame(2, "no")]);
  expect(demultiplex(raw)).toEqual({ stdout: "one twö", stderr: "oh no" });
});

test("a character split across two frames stays intact", () => {
  const euro = Buffer.from("€");
  const half = (part: Buffer) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, part.length]), part]);
  expect(demultiplex(Buffer.concat([half(euro.subarray(0, 1)), half(euro.subarray(1))])).stdout).toBe("€");
});

test("a log truncated inside a header ends there", () => {
  expect(demultiplex(Buffer.concat([frame(1, "all"), Buffer.from([1, 0, 0])])).stdout).toBe("all");
  expect(demultiplex(Buffer.alloc(0))).toEqual({ stdout: "", stderr: "" });
});

test("lines are read from chunks of any size, each with the engine's time", async () => {
  const log = Buffer.concat([
    frame(1, "2026-01-01T00:00:00.100000000Z one\n"),
    frame(2, "2026-01-01T00:00:00.150000000Z oh\n"),
    frame(1, "2026-01-01T00:00:00.200000000Z twö\n"),
  ]);
  async function* bytes() {
    for (const byte of log) yield Buffer.from([byte]);
  }
  const lines: LogLine[] = [];
  for await (const line of stdoutLines(bytes())) lines.push(line);
  expect(lines).toEqual([
    { at: "2026-01-01T00:00:00.100000000Z", text: "one" },
    { at: "2026-01-01T00:00:00.200000000Z", text: "twö" },
  ]);
});

test("a time is given to the engine to the nanosecond", () => {
  expect(unixSeconds("2026-01-01T00:00:00.123456789Z")).toBe(`${Date.parse("2026-01-01") / 1000}.123456789`);
});
