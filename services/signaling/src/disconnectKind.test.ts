import { expect, test } from "vitest";
import { disconnectKindOf, peerJsDisconnectKindOf } from "./disconnectKind.ts";

test.each([
  ["peer.destroy()", "client namespace disconnect", undefined, "left"],
  ["a closed tab", "transport close", 1001, "left"],
  ["the server's own decision", "server namespace disconnect", undefined, "left"],
  ["a client on WebSocket that gave up waiting for an answer", "transport close", 1005, "lost"],
  ["a client on polling that gave up waiting for an answer", "transport close", undefined, "lost"],
  ["a message that is too big", "transport error", 1009, "lost"],
  ["a malformed packet", "parse error", undefined, "lost"],
  ["a lost network or a killed browser", "transport close", 1006, "lost"],
  ["an aborted poll", "transport error", undefined, "lost"],
  ["silence", "ping timeout", undefined, "lost"],
  ["a reason of a later version", "anything", undefined, "lost"],
] as const)("%s", (_, reason, closeCode, disconnectKind) => {
  expect(disconnectKindOf(reason, closeCode)).toBe(disconnectKind);
});

test.each([
  ["peer.destroy()", 1005, "left"],
  ["a closed tab", 1001, "left"],
  ["a lost network", 1006, "lost"],
  ["a message that is too big", 1009, "lost"],
] as const)("PeerJS: %s", (_, closeCode, disconnectKind) => {
  expect(peerJsDisconnectKindOf(closeCode)).toBe(disconnectKind);
});
