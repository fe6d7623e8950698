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

test("events before the output of ffprobe tell what the file lacks, and when its pictures end", () => {
  const events = [
    '{"event":"empty","kind":"video","recorder":"leg_1-p1"}',
    '{"event":"gap","kind":"audio","seconds":0.5}',
    '{"event":"still","kind":"video","from":3.2}',
    '{"event":"unreadable","kind":"video","recorder":"leg_1-p2"}',
  ].join("\n");
  const absent = [
    { kind: "video", recorderId: "leg_1-p1", isUnreadable: false },
    { kind: "video", recorderId: "leg_1-p2", isUnreadable: true },
  ];
  const probed = '{\n "format": {}\n}\n';
  expect(assemblyOf(0, { stdout: `${events}\n${probed}`, stderr: "" })).toEqual({
    ...{ probed, gapSeconds: 0.5, stillFromSeconds: 3.2, absent },
  });
  expect(assemblyOf(3, { stdout: `${events}\n`, stderr: "" })).toMatchObject({ probed: undefined, absent });
  expect(assemblyOf(0, { stdout: probed, stderr: "" })).toEqual({ probed, gapSeconds: 0 });
});

test("gaps and what could be decoded are printed before the output of ffprobe", () => {
  const stdout = [
    '{"event":"gap","kind":"audio","seconds":0.5}',
    '{"event":"gap","kind":"video","seconds":2.25}',
    '{"event":"decoded","kind":"video","from":"start","frames":5,"errors":0,"corrupt":0,"peak":null}',
    '{"event":"decoded","kind":"audio","from":"end","frames":500,"errors":2,"corrupt":0,"peak":-8.191918}',
    '{"event":"bits","packets":300,"changes":[0.1,0,0.25]}',
    '{ "format": {',
    "} }",
  ].join("\n");
  expect(assemblyOf(0, { stdout, stderr: "" })).toEqual({
    probed: '{ "format": {\n} }',
    gapSeconds: 2.25,
    opusBits: { event: "bits", packets: 300, changes: [0.1, 0, 0.25] },
    decoded: [
      { event: "decoded", kind: "video", from: "start", frames: 5, errors: 0, corrupt: 0, peak: null },
      { event: "decoded", kind: "audio", from: "end", frames: 500, errors: 2, corrupt: 0, peak: -8.191918 },
    ],
  });
});
