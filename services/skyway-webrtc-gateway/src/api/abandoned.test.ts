import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { LeapingClock } from "../testing/leapingClock.ts";
import { Program } from "../testing/program.ts";
import { nextCall, openPeer } from "../testing/recorderPeer.ts";

/** A program that ends without DELETE leaves its peer behind, and nobody else has its token. */

/** Shorter than a call rings. */
const UNUSED_MS = 40_000;
const clock = new LeapingClock();
let gateway: TestGateway;

beforeEach(async () => {
  gateway = await TestGateway.open({ clock, unusedPeerMs: UNUSED_MS });
});
afterEach(() => gateway[Symbol.asyncDispose]());

const claim = async (peer_id = "TestRecorder") =>
  (await gateway.post("/peers", { key: KEY, domain: "localhost", peer_id })).status;

test("the id of a peer that no program has used for some time goes to the next one that wants it", async () => {
  const former = await openPeer(gateway);
  clock.leap(UNUSED_MS - 1_000);
  expect(await claim()).toBe(403);
  clock.leap(2_000);
  expect(await claim()).toBe(201);
  expect((await gateway.get(former.events)).body.event).toBe("CLOSE");
  expect((await gateway.get(former.events)).status).toBe(403);
});

test("a peer keeps its id while a program polls its events or uses its token", async () => {
  const peer = await openPeer(gateway);
  const arrived = once(gateway.server, "request");
  const polled = gateway.get(peer.events);
  await arrived;
  await setImmediate();
  clock.leap(UNUSED_MS - 1_000);
  expect((await polled).status).toBe(408);
  expect((await gateway.get(`/peers/${peer.id}/status?token=${peer.token}`)).status).toBe(200);
  clock.leap(UNUSED_MS - 1_000);
  expect(await claim()).toBe(403);
});

test("a peer without requests keeps its id as long as nobody else wants it", async () => {
  const peer = await openPeer(gateway);
  clock.leap(100 * UNUSED_MS);
  expect((await gateway.get(`/peers/${peer.id}/status?token=${peer.token}`)).body.disconnected).toBe(false);
});

test("a peer keeps its id, and its call, while a call runs that it has made or answered", async () => {
  await using alice = await Program.open(gateway, "alice");
  await using bob = await Program.open(gateway, "bob");
  const [dialled, answered] = [await alice.call("bob"), await bob.answer()];
  expect([await alice.event(dialled), await bob.event(answered)]).toEqual(["READY", "READY"]);
  clock.leap(2 * UNUSED_MS);
  expect([await claim("alice"), await claim("bob")]).toEqual([403, 403]);
  expect((await gateway.get(`${dialled}/status`)).body.open).toBe(true);

  await alice.hangUp(dialled);
  while ((await bob.event(answered)) !== "CLOSE");
  expect([await claim("alice"), await claim("bob")]).toEqual([201, 201]);
});

test("calls that nobody answers do not keep the id", async () => {
  const peer = await openPeer(gateway);
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  await nextCall(gateway, peer);
  clock.leap(UNUSED_MS);
  expect(caller.received.map(({ event }) => event)).toEqual(["OPEN"]);
  expect(await claim()).toBe(201);
  await caller.receives("FORCE_CLOSE");
});
