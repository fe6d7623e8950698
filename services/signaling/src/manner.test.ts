import { expect, test } from "vitest";
import { mannerOf } from "./manner.ts";

test.each([
  ["peer.destroy()", "client namespace disconnect", undefined, "left"],
  ["a tab that is closed", "transport close", 1001, "left"],
  ["a close frame without a code", "transport close", 1005, "left"],
  ["a client on polling that says goodbye", "transport close", undefined, "left"],
  ["a message that is too big", "transport error", 1009, "left"],
  ["nonsense on the wire", "parse error", undefined, "left"],
  ["the server's own decision", "server namespace disconnect", undefined, "left"],
  ["a network that is gone, or a browser killed", "transport close", 1006, "lost"],
  ["a poll that was aborted", "transport error", undefined, "lost"],
  ["silence", "ping timeout", undefined, "lost"],
] as const)("%s", (_, reason, closeCode, manner) => {
  expect(mannerOf(reason, closeCode)).toBe(manner);
});
