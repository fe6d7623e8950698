import { expect, test } from "vitest";
import type { Call, Leg } from "../api/schemas.ts";
import { isShared, nameIn, ownRecording } from "./ownRecording.ts";

const START = "2026-11-23T10:00:00.000Z";
const leg = (peerId: string, state: Leg["state"], more: Partial<Leg> = {}): Leg => ({
  id: `leg_${peerId}`,
  peerId,
  metadata: { call: "c-1", name: peerId.toUpperCase() },
  state,
  startedAt: START,
  endedAt: null,
  ...more,
});
const call = (...legs: Leg[]): Call => ({ id: "call_1", state: "recording", startedAt: START, endedAt: null, legs });

test.each([
  ["ringing", { status: "preparing" }],
  ["connecting", { status: "preparing" }],
  ["recording", { status: "recording", since: START }],
  ["finalising", { status: "over" }],
  ["ready", { status: "over" }],
] as const)("a leg that is %s shows as %j", (state, shown) => {
  expect(ownRecording(call(leg("other", "failed"), leg("me", state)), "me")).toEqual(shown);
});

test("a failed leg shows the error and the hint", () => {
  const error = { code: "TOO_MANY_RECORDERS", message: "all recorders are taken", hint: "Call again later." };
  expect(ownRecording(call(leg("me", "failed", { error })), "me")).toEqual({
    status: "failed",
    text: "Not recorded: All recorders are taken. Call again later.",
  });
});

test("the newest of several legs is shown", () => {
  expect(ownRecording(call(leg("me", "failed"), leg("me", "connecting")), "me")).toEqual({ status: "preparing" });
});

test("a call is recognised only by the value that both pages put into metadata", () => {
  expect(isShared(call(leg("me", "ringing")), "c-1")).toBe(true);
  expect(isShared(call(leg("me", "ringing", { metadata: "c-1" })), "c-1")).toBe(false);
});

test("other participants have the name in their leg", () => {
  expect(nameIn(call(leg("ada", "ready")), "ada")).toBe("ADA");
  expect(nameIn(call(leg("ada", "ready")), "me")).toBeUndefined();
  expect(ownRecording(call(), "me")).toBeUndefined();
});
