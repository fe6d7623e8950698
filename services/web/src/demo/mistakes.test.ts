import { expect, test } from "vitest";
import { explain, isAbout } from "./mistakes.ts";

const gone = { type: "peer-unavailable", message: "There is no peer with this id. (TestRecorder)" };

test("what skyway-js reports is said in words for people", () => {
  expect(explain(gone)).toContain("Nobody is there");
  expect(explain({ type: "socket-error" })).toContain("tried again");
});

test("what is not known is said as it came", () => {
  expect(explain(new Error("odd"))).toBe("Odd.");
  expect(explain("odd")).toBe("Odd.");
  expect(explain({})).toBe("Something went wrong.");
});

test("a missing recorder is told from a missing person", () => {
  expect(isAbout(gone, "TestRecorder")).toBe(true);
  expect(isAbout(gone, "ada")).toBe(false);
  expect(isAbout({ type: "socket-error", message: "TestRecorder" }, "TestRecorder")).toBe(false);
});
