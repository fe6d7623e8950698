import { expect, test } from "vitest";
import { assemblyOf } from "./assembly.ts";

test.each(["", '{"format": {"dura'])(
  "if only %j was printed before the engine stopped, the file is not assembled",
  (stdout) => {
    expect(() => assemblyOf(0, { stdout, stderr: "" })).toThrow(expect.objectContaining({ code: "NOT_ASSEMBLED" }));
  },
);

test.each([
  ["No space left on device", "STORAGE_FULL"],
  ["Read-only file system", "STORAGE_UNAVAILABLE"],
  ["Input/output error", "STORAGE_UNAVAILABLE"],
  ["Invalid data found when processing input", "NOT_ASSEMBLED"],
])("an assembly that fails with '%s' is reported as %s", (words, code) => {
  const stderr = `Error opening output /recordings/spool/leg.webm.part: ${words}\n`;
  expect(() => assemblyOf(251, { stdout: "", stderr })).toThrow(expect.objectContaining({ code }));
});
