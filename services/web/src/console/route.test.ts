import { expect, test } from "vitest";
import { callIdIn, pathOf } from "./route.ts";

test("a call's path contains its id", () => expect(callIdIn(pathOf("call_01JD"))).toBe("call_01JD"));

test.each(["/", "/demo", "/calls/", "/calls/a/b", "/calls/%2e%2e"])("%s contains no call id", (path) => {
  expect(callIdIn(path)).toBeUndefined();
});
