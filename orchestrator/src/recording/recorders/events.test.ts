import { expect, test } from "vitest";
import { isEvent, outputAfter } from "./events.ts";

test("a recorder's line says one thing, and what is none of them says nothing", () => {
  expect(isEvent("bound", '{"event":"bound"}')).toBe(true);
  expect(isEvent("recorded", '{"event":"bound"}')).toBe(false);
  for (const line of ["", "bound", "null", '{"event":1}', '{"event":"bound"'])
    expect(isEvent("bound", line)).toBe(false);
});

test("what follows an event is what the next program said", () => {
  const text = '{"event":"bound"}\n{"event":"ended"}\n{"event":"recorded"}\n{\n "format": {}\n}\n';
  expect(outputAfter("recorded", text)).toBe('{\n "format": {}\n}\n');
  expect(outputAfter("recorded", '{"event":"bound"}\n')).toBeUndefined();
});
