import { expect, test } from "vitest";
import { explain, isPeerUnavailable } from "./errorTexts.ts";

const gone = { type: "peer-unavailable", message: "There is no peer with this id. (TestRecorder)" };

test("errors of skyway-js are explained to the user", () => {
  expect(explain(gone)).toContain("Nobody is registered");
  expect(explain({ type: "socket-error" })).toContain("Reconnecting");
});

test("unknown errors are shown with their message", () => {
  expect(explain(new Error("odd"))).toBe("Odd.");
  expect(explain("odd")).toBe("Odd.");
  expect(explain({})).toBe("Something went wrong.");
});

test("a missing recorder is distinguished from a missing person", () => {
  expect(isPeerUnavailable(gone, "TestRecorder")).toBe(true);
  expect(isPeerUnavailable(gone, "ada")).toBe(false);
  expect(isPeerUnavailable({ type: "socket-error", message: "TestRecorder" }, "TestRecorder")).toBe(false);
});
