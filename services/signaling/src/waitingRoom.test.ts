import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";
import { WAITING_LIMIT_MS } from "./times.ts";
import { type Waiting, WaitingRoom } from "./waitingRoom.ts";

const [ALICE, BOB, CAROL] = ["alice", "bob", "carol"].map((id) => PeerId.parse(id)) as [PeerId, PeerId, PeerId];
const leave = (id: PeerId): ServerMessage => ({ event: "LEAVE", body: id });

function open() {
  const clock = new ManualClock();
  const expired: Waiting[] = [];
  return { clock, expired, room: new WaitingRoom(clock, (waiting) => expired.push(waiting)) };
}

test("messages of a connection keep their order, and connections their age", () => {
  const { room } = open();
  room.keep(ALICE, CAROL, "1", leave(ALICE));
  room.keep(BOB, CAROL, "1", leave(BOB));
  room.keep(ALICE, CAROL, "1", leave(CAROL));

  const taken = room.takeFor(CAROL);

  expect(taken.map(({ src }) => src)).toEqual([ALICE, BOB]);
  expect(taken[0]?.messages).toEqual([leave(ALICE), leave(CAROL)]);
  expect(room.takeFor(CAROL)).toEqual([]);
  expect(room.bytes).toBe(0);
});

test("what waits too long expires, once", () => {
  const { clock, expired, room } = open();
  room.keep(ALICE, BOB, "1", leave(ALICE));
  clock.advance(1);
  room.keep(ALICE, BOB, "2", leave(ALICE));

  clock.advance(WAITING_LIMIT_MS - 1);
  expect(expired.map(({ connectionId }) => connectionId)).toEqual(["1"]);
  clock.advance(1);
  expect(expired.map(({ connectionId }) => connectionId)).toEqual(["1", "2"]);
  expect(room.bytes).toBe(0);
  expect(clock.pending).toBe(0);
});

test("what a sender left is taken back", () => {
  const { clock, room } = open();
  room.keep(ALICE, BOB, "1", leave(ALICE));
  room.keep(CAROL, BOB, "1", leave(CAROL));

  room.takeFrom(ALICE);

  expect(room.takeFor(BOB).map(({ src }) => src)).toEqual([CAROL]);
  expect(clock.pending).toBe(0);
});

test("one sender cannot fill the room", () => {
  const { room } = open();
  let kept = 0;
  while (room.keep(ALICE, BOB, String(kept), leave(ALICE))) kept += 1;

  expect(kept).toBe(LIMITS.waitingMessagesPerSender);
  expect(room.keep(CAROL, BOB, "1", leave(CAROL))).toBe(true);
});
