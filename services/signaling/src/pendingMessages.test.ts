import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";
import { type PendingConnection, PendingMessages } from "./pendingMessages.ts";
import { WAITING_LIMIT_MS } from "./times.ts";

const [ALICE, BOB, CAROL] = ["alice", "bob", "carol"].map((id) => PeerId.parse(id)) as [PeerId, PeerId, PeerId];
const leave = (id: PeerId): ServerMessage => ({ event: "LEAVE", body: id });

function open() {
  const clock = new ManualClock();
  const expired: PendingConnection[] = [];
  return { clock, expired, pending: new PendingMessages(clock, (pending) => expired.push(pending)) };
}

test("messages keep their order within a connection, and connections are ordered by age", () => {
  const { pending } = open();
  pending.add(ALICE, CAROL, "1", leave(ALICE));
  pending.add(BOB, CAROL, "1", leave(BOB));
  pending.add(ALICE, CAROL, "1", leave(CAROL));

  const taken = pending.takeFor(CAROL);

  expect(taken.map(({ src }) => src)).toEqual([ALICE, BOB]);
  expect(taken[0]?.messages).toEqual([leave(ALICE), leave(CAROL)]);
  expect(pending.takeFor(CAROL)).toEqual([]);
  expect(pending.bytes).toBe(0);
});

test("messages that wait too long expire once", () => {
  const { clock, expired, pending } = open();
  pending.add(ALICE, BOB, "1", leave(ALICE));
  clock.advance(1);
  pending.add(ALICE, BOB, "2", leave(ALICE));

  clock.advance(WAITING_LIMIT_MS - 1);
  expect(expired.map(({ connectionId }) => connectionId)).toEqual(["1"]);
  clock.advance(1);
  expect(expired.map(({ connectionId }) => connectionId)).toEqual(["1", "2"]);
  expect(pending.bytes).toBe(0);
  expect(clock.pending).toBe(0);
});

test("the messages of a sender can be withdrawn", () => {
  const { clock, pending } = open();
  pending.add(ALICE, BOB, "1", leave(ALICE));
  pending.add(CAROL, BOB, "1", leave(CAROL));

  pending.takeFrom(ALICE);

  expect(pending.takeFor(BOB).map(({ src }) => src)).toEqual([CAROL]);
  expect(clock.pending).toBe(0);
});

test("one sender cannot use the whole capacity", () => {
  const { pending } = open();
  let kept = 0;
  while (pending.add(ALICE, BOB, String(kept), leave(ALICE))) kept += 1;

  expect(kept).toBe(LIMITS.waitingMessagesPerSender);
  expect(pending.add(CAROL, BOB, "1", leave(CAROL))).toBe(true);
});
