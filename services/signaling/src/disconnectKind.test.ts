import { expect, test } from "vitest";
import { disconnectKindOf } from "./disconnectKind.ts";

test.each([
  ["peer.destroy()", "client namespace disconnect", undefined, "left"],
  ["a closed tab", "transport close", 1001, "left"],
  ["a close frame without a code", "transport close", 1005, "left"],
  ["a client on polling that sends a close packet", "transport close", undefined, "left"],
  ["a message that is too big", "transport error", 1009, "left"],
  ["a malformed packet", "parse error", undefined, "left"],
  ["the server's own decision", "server namespace disconnect", undefined, "left"],
  ["a lost network or a killed browser", "transport close", 1006, "lost"],
  ["an aborted poll", "transport error", undefined, "lost"],
  ["silence", "ping timeout", undefined, "lost"],
] as const)("%s", (_, reason, closeCode, disconnectKind) => {
  expect(disconnectKindOf(reason, closeCode)).toBe(disconnectKind);
});
