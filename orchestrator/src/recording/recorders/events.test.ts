import { expect, test } from "vitest";
import { endedTracks, isEvent, outputAfter } from "./events.ts";

test("a line is recognised as one event, and other output is ignored", () => {
  expect(isEvent("bound", '{"event":"bound"}')).toBe(true);
  expect(isEvent("recorded", '{"event":"bound"}')).toBe(false);
  for (const line of ["", "bound", "null", '{"event":1}', '{"event":"bound"'])
    expect(isEvent("bound", line)).toBe(false);
});

test("the text after an event is the output of the next program", () => {
  const text = '{"event":"bound"}\n{"event":"ended"}\n{"event":"recorded"}\n{\n "format": {}\n}\n';
  expect(outputAfter("recorded", text)).toBe('{\n "format": {}\n}\n');
  expect(outputAfter("recorded", '{"event":"bound"}\n')).toBeUndefined();
});

test("each track's end has its exit code, and other output is ignored", () => {
  const text = [
    '{"event":"bound"}',
    '{"event":"ended","kind":"video","code":234,"media":false}',
    "ended",
    '{"event":"ended","kind":"chapters","code":1}',
    '{"event":"ended","kind":"audio","code":0}',
    '{"event":"recorded"}',
  ].join("\n");
  expect(endedTracks(text)).toEqual([
    { kind: "video", code: 234, isEmpty: true },
    { kind: "audio", code: 0 },
  ]);
});
