import { expect, test } from "vitest";
import { demultiplex } from "./logStream.ts";

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
