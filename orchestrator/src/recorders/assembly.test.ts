import { expect, test } from "vitest";
import { assemblyOf } from "./assembly.ts";

test.each([
  ["No space left on device", "STORAGE_FULL"],
  ["Read-only file system", "STORAGE_UNAVAILABLE"],
  ["Input/output error", "STORAGE_UNAVAILABLE"],
  ["Invalid data found when processing input", "NOT_ASSEMBLED"],
])("a file that is not assembled because of '%s' is %s", (words, code) => {
  const stderr = `Error opening output /recordings/spool/leg.webm.part: ${words}\n`;
  expect(() => assemblyOf(251, { stdout: "", stderr })).toThrow(expect.objectContaining({ code }));
});
