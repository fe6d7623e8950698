import { expect, test } from "vitest";
import { merge } from "./liveCalls.ts";
import type { Call } from "./types.ts";

const call = (id: string, state: Call["state"] = "ready"): Call => ({
  id,
  state,
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: null,
  legs: [],
});

test("a new call comes first", () => {
  expect(merge([call("call_1")], call("call_2")).map(({ id }) => id)).toEqual(["call_2", "call_1"]);
});

test("a known call takes its new state where it stands", () => {
  const merged = merge([call("call_2"), call("call_1", "recording")], call("call_1", "ready"));
  expect(merged.map(({ id, state }) => [id, state])).toEqual([
    ["call_2", "ready"],
    ["call_1", "ready"],
  ]);
});
