import { expect, test } from "vitest";
import { showingOf, watchedCallId } from "./watched.ts";

test.each([
  ["/live/call_1", "call_1"],
  ["/live/call_1/", "call_1"],
  ["/live/", ""],
  ["/live/a/b", ""],
])("%s names %s", (path, id) => expect(watchedCallId(path)).toBe(id));

const startedAt = "2026-11-24T00:00:00.000Z";
const page = "/live/call_1";

test("a call is waited for, live, over, or was never shown", () => {
  const live = { startedAt, page, endedAt: null };
  expect(showingOf({ state: "recording", live: undefined })).toBe("waiting");
  expect(showingOf({ state: "recording", live })).toBe("live");
  // Its last seconds are still to be seen.
  expect(showingOf({ state: "ready", live })).toBe("live");
  expect(showingOf({ state: "ready", live: { ...live, endedAt: startedAt } })).toBe("over");
  expect(showingOf({ state: "ready", live: undefined })).toBe("none");
});
