import { expect, test } from "vitest";
import { isEvent, outputAfter } from "./events.ts";

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
