import { expect, test } from "vitest";
import { callIdIn, liveStatusOf } from "./liveStatus.ts";

test.each([
  ["/live/call_1", "call_1"],
  ["/live/call_1/", "call_1"],
  ["/live/", ""],
  ["/live/a/b", ""],
])("%s contains the call id %j", (path, id) => expect(callIdIn(path)).toBe(id));

const startedAt = "2026-11-24T00:00:00.000Z";
const page = "/live/call_1";

test("a call is waiting, live, over, or was never streamed", () => {
  const live = { startedAt, page, endedAt: null };
  expect(liveStatusOf({ state: "recording", live: undefined })).toBe("waiting");
  expect(liveStatusOf({ state: "recording", live })).toBe("live");
  // The last seconds are still playing.
  expect(liveStatusOf({ state: "ready", live })).toBe("live");
  expect(liveStatusOf({ state: "ready", live: { ...live, endedAt: startedAt } })).toBe("over");
  expect(liveStatusOf({ state: "ready", live: undefined })).toBe("none");
});
