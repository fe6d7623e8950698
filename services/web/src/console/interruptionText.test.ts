import { expect, test } from "vitest";
import type { Call } from "../api/schemas.ts";
import { missedText } from "./interruptionText.ts";

const call = (...names: string[]) =>
  ({ legs: names.map((name) => ({ peerId: "p", metadata: { name } })) }) as unknown as Call;

test.each([
  [[], 0, "no call has changed"],
  [[call("Ada", "Bob")], 0, "changed: Ada · Bob"],
  [[call()], 2, "changed: a call; removed: 2"],
  [["a", "b", "c", "d", "e"].map((name) => call(name)), 0, "changed: a, b, c, 2 more"],
])("%#: what was missed is told in a few words", (changed, removed, text) => {
  expect(missedText({ changed, removed })).toBe(text);
});
