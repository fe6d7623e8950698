import { createHmac } from "node:crypto";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { expect, test } from "vitest";
import { LIMITS } from "../limits.ts";
import { Client } from "../testing/client.ts";
import { KEY, openSignaling } from "../testing/signaling.ts";

test("an invalid message is answered with the path of the invalid field", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });

  alice.socket.emit("SEND_OFFER", { dst: "alice", connectionId: "mc_1", connectionType: "media", offer: { sdp: 5 } });

  expect(await alice.hears("ERROR")).toMatchObject({ type: "invalid-message", place: "SEND_OFFER.offer.type" });
  alice.offer("alice");
  await alice.hears("OFFER");
});

test("deeply nested metadata is refused", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });

  alice.offer("alice", "mc_1", { metadata: JSON.parse("[".repeat(2_000) + "]".repeat(2_000)) });

  expect(await alice.hears("ERROR")).toMatchObject({ type: "invalid-message", place: "SEND_OFFER.metadata" });
});

test("an oversized message disconnects only the client that sent it", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });
  using bob = await Client.open(signaling, { peerId: "bob" });
  await alice.reachesWebSocket();

  alice.offer("bob", "mc_1", { metadata: "x".repeat(LIMITS.messageBytes) });

  await waitFor("the end of alice", () => !alice.socket.connected);
  bob.offer("bob");
  await bob.hears("OFFER");
});

test("a client that exceeds the rate limit is disconnected with an error", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });
  using bob = await Client.open(signaling, { peerId: "bob" });
  await alice.reachesWebSocket();

  for (let number = 0; number <= LIMITS.burstMessages; number += 1) alice.socket.emit("PING");

  expect(await alice.hears("ERROR")).toMatchObject({ type: "server-error" });
  await waitFor("the end of alice", () => !alice.socket.connected);
  bob.offer("bob");
  await bob.hears("OFFER");
});

test("joining a room is answered with an error", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });

  alice.socket.emit("ROOM_JOIN", { roomName: "room", roomType: "mesh" });

  expect(await alice.hears("ERROR")).toMatchObject({ type: "room-error" });
});

const SECRET = "a secret of the operator";

function credentialFor(peerId: string, nowMs: number, ttl = 600) {
  const timestamp = Math.floor(nowMs / 1000);
  const authToken = createHmac("sha256", SECRET).update(`${timestamp}:${ttl}:${peerId}`).digest("base64");
  return { timestamp, ttl, authToken };
}

test("with a secret, clients need a credential and are warned before it expires and disconnects them", async () => {
  await using signaling = await openSignaling({ secretKeys: new Map([[KEY, SECRET]]) });
  const now = signaling.clock.now();
  using none = new Client(signaling, { peerId: "alice" });
  using stolen = new Client(signaling, { peerId: "alice", credential: credentialFor("bob", now) });
  expect(await none.hears("ERROR")).toMatchObject({ type: "authentication" });
  expect(await stolen.hears("ERROR")).toMatchObject({ type: "authentication" });

  // On polling, because a WebSocket that is silent for this long is closed.
  const transports = ["polling"];
  using alice = await Client.open(signaling, { peerId: "alice", credential: credentialFor("alice", now), transports });
  signaling.clock.advance(300_000);
  expect(await alice.hears("AUTH_EXPIRES_IN")).toBe(300);
  alice.socket.emit("UPDATE_CREDENTIAL", credentialFor("alice", signaling.clock.now(), 900));
  alice.offer("alice");
  await alice.hears("OFFER");
  signaling.clock.advance(600_000);
  expect(await alice.hears("AUTH_EXPIRES_IN", 2)).toBe(300);
  expect(alice.events).not.toContain("ERROR");
  signaling.clock.advance(300_000);

  expect(await alice.hears("ERROR")).toMatchObject({ type: "authentication" });
  await waitFor("the end", () => !alice.socket.connected);
});
