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

test("events before the output of ffprobe tell what the file lacks", () => {
  const events = [
    '{"event":"empty","kind":"video","recorder":"leg_1-p1"}',
    '{"event":"gap","kind":"audio","seconds":0.5}',
    '{"event":"unreadable","kind":"video","recorder":"leg_1-p2"}',
  ].join("\n");
  const absent = [
    { kind: "video", recorderId: "leg_1-p1", isUnreadable: false },
    { kind: "video", recorderId: "leg_1-p2", isUnreadable: true },
  ];
  const probed = '{\n "format": {}\n}\n';
  expect(assemblyOf(0, { stdout: `${events}\n${probed}`, stderr: "" })).toEqual({ probed, gapSeconds: 0.5, absent });
  expect(assemblyOf(3, { stdout: `${events}\n`, stderr: "" })).toMatchObject({ probed: undefined, absent });
  expect(assemblyOf(0, { stdout: probed, stderr: "" })).toEqual({ probed, gapSeconds: 0 });
});
