import { expect, test } from "vitest";
import { ApiKey, ConnectionId, generatePeerId, PeerId } from "./ids.ts";

test.each(["alice", "Test_Recorder-1", "a b", "a+b", "0", "-a-", "a".repeat(64)])("%j is a peer id", (id) => {
  expect(PeerId.safeParse(id).success).toBe(true);
});

test.each(["", " a", "a ", "..", ".hidden", "a/b", "a\\b", "a\nb", "a\u0000", "<b>", "é", "a".repeat(65), 5, null])(
  "%j is no peer id",
  (id) => {
    expect(PeerId.safeParse(id).success).toBe(false);
  },
);

test("generated peer ids are valid and differ", () => {
  const ids = Array.from({ length: 1_000 }, generatePeerId);

  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(PeerId.parse(id)).toHaveLength(16);
});

test("an API key has the documented format", () => {
  expect(ApiKey.safeParse("00000000-0000-4000-8000-000000000000").success).toBe(true);
  expect(ApiKey.safeParse("SKYWAY API KEY").success).toBe(false);
  expect(ApiKey.safeParse("0000000A-0000-4000-8000-000000000000").success).toBe(false);
});

test("a connection id contains no control characters", () => {
  expect(ConnectionId.safeParse("mc_abc123").success).toBe(true);
  expect(ConnectionId.safeParse("通話 1").success).toBe(true);
  expect(ConnectionId.safeParse("mc\n").success).toBe(false);
});
