import { expect, test } from "vitest";
import { assemblyOf } from "./assembly.ts";

test.each(["", '{"format": {"dura'])(
  "a file of which only %j was said before the engine went down is not assembled",
  (stdout) => {
    expect(() => assemblyOf(0, { stdout, stderr: "" })).toThrow(expect.objectContaining({ code: "NOT_ASSEMBLED" }));
  },
);

test.each([
  ["No space left on device", "STORAGE_FULL"],
  ["Read-only file system", "STORAGE_UNAVAILABLE"],
  ["Input/output error", "STORAGE_UNAVAILABLE"],
  ["Invalid data found when processing input", "NOT_ASSEMBLED"],
])("a file that is not assembled because of '%s' is %s", (words, code) => {
  const stderr = `Error opening output /recordings/spool/leg.webm.part: ${words}\n`;
  expect(() => assemblyOf(251, { stdout: "", stderr })).toThrow(expect.objectContaining({ code }));
});
