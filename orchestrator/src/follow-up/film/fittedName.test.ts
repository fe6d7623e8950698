import { expect, test } from "vitest";
import { fittedName } from "./fittedName.ts";

const SIZE = 10;

test.each([
  ["Ada Lovelace", 640, "Ada Lovelace"],
  ["x".repeat(40), 160, `${"x".repeat(23)}…`],
  ["とても長い名前".repeat(5), 160, "とても長い名前とても長い名前と…"],
  ["W".repeat(40), 160, `${"W".repeat(18)}…`],
  ["👩‍👩‍👧".repeat(9), 50, `${"👩‍👩‍👧".repeat(4)}…`],
  ["Ada   Lovelace", 45, "Ada…"],
  ["日本", 5, "…"],
])("%s is fitted into %i pixels as %s", (name, width, fitted) => {
  expect(fittedName(name, width, SIZE)).toBe(fitted);
});
