import { describe, expect, test } from "vitest";
import type { Call, Leg } from "../api/schemas.ts";
import { catchUp, merge, problemsText, sections } from "./callList.ts";

const call = (id: string, state: Call["state"] = "ready", startedAt = "2026-11-23T10:00:00"): Call => ({
  id,
  state,
  startedAt,
  endedAt: null,
  legs: [],
});

test("a new call comes first", () => {
  expect(merge([call("call_1")], call("call_2")).map(({ id }) => id)).toEqual(["call_2", "call_1"]);
});

test("a known call is updated in place", () => {
  const merged = merge([call("call_2"), call("call_1", "recording")], call("call_1", "ready"));
  expect(merged.map(({ id, state }) => [id, state])).toEqual([
    ["call_2", "ready"],
    ["call_1", "ready"],
  ]);
});

describe("after an interruption", () => {
  const known = [
    call("call_5", "recording"),
    call("call_4"),
    call("call_3"),
    call("call_1", "recording"),
    call("call_0"),
  ];

  test("calls that have changed, are new, or were removed are told", () => {
    const fetched = [call("call_6"), call("call_5"), call("call_3"), call("call_1")];
    const { calls, changed, removed } = catchUp(known, fetched, "call_2");
    expect(calls.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "call_6 ready",
      "call_5 ready",
      "call_3 ready",
      "call_1 ready",
      "call_0 ready",
    ]);
    expect(changed.map(({ id }) => id)).toEqual(["call_6", "call_5", "call_1"]);
    expect(removed).toBe(1); // call_4; call_0 is older than what was fetched
  });

  test("a call that was running and is not found any more was removed, whatever its age", () => {
    const { calls, removed } = catchUp(known, [call("call_5"), call("call_4"), call("call_3")], "call_2");
    expect(calls.map(({ id }) => id)).toEqual(["call_5", "call_4", "call_3", "call_0"]);
    expect(removed).toBe(1);
  });

  test("nothing is told if nothing has changed", () => {
    expect(catchUp(known, known, "")).toEqual({ calls: known, changed: [], removed: 0 });
  });
});

test("running calls come before today's, yesterday's and earlier calls", () => {
  const now = new Date("2026-11-23T12:00:00");
  const calls = [
    call("call_5"),
    call("call_4", "failed", "2026-11-23T00:00:01"),
    call("call_3", "recording", "2026-11-22T23:00:00"),
    call("call_2", "ready", "2026-11-22T22:00:00"),
    call("call_1", "ready", "2026-10-01T10:00:00"),
  ];
  expect(sections(calls, now).map(({ title, calls: of }) => [title, of.map(({ id }) => id)])).toEqual([
    ["In progress", ["call_3"]],
    ["Today", ["call_5", "call_4"]],
    ["Yesterday", ["call_2"]],
    [expect.stringContaining("2026"), ["call_1"]],
  ]);
});

test("an empty list has no sections", () => expect(sections([])).toEqual([]));

describe("the list tells what a call lacks", () => {
  const leg = (state: Leg["state"], more: Partial<Leg> = {}): Leg => ({
    ...{ id: "leg_1", peerId: "ada", metadata: "", startedAt: "2026-11-23T10:00:00", endedAt: null },
    state,
    ...more,
  });
  const error = { code: "MEDIA_INCOMPLETE", message: "", hint: "" };
  const notes = [{ code: "LOST", message: "", hint: "" }];

  test.each([
    ["", "ready", [leg("ready"), leg("ready")]],
    ["incomplete", "ready", [leg("ready", { error })]],
    ["incomplete", "recording", [leg("recording", { notes })]],
    ["1 of 2 incomplete", "ready", [leg("ready", { error, notes }), leg("ready")]],
    ["1 of 3 failed, 1 of 3 incomplete", "ready", [leg("failed", { error }), leg("ready", { notes }), leg("ready")]],
    ["MEDIA_INCOMPLETE", "failed", [leg("failed", { error })]],
  ] as const)("%s", (text, state, legs) => expect(problemsText({ state, legs: [...legs] })).toBe(text));
});
