import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { PeerId, Token } from "./ids.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "./times.ts";
import { World } from "./world.ts";

const RECORDER = PeerId.parse("TestRecorder");

interface Client {
  peer: Peer;
  link: RecordingLink;
}

let clock: ManualClock;
let world: World;
beforeEach(() => {
  clock = new ManualClock();
  world = new World(clock);
});

function join(id: string, link = new RecordingLink(), token: string = crypto.randomUUID()): Client {
  return { peer: world.join(PeerId.parse(id), Token.parse(token), link) as Peer, link };
}
const gateway = (insideAddress: string, token?: string) =>
  join(RECORDER, new RecordingLink({ weighsLeave: true, insideAddress }), token);

const to = (dst: string, connectionId: string) => ({ dst: PeerId.parse(dst), connectionId });
const offer = (
  connectionId: string,
  connectionType: "media" | "data" = "media",
  dst: string = RECORDER,
): PeerMessage => ({
  event: "OFFER",
  body: { ...to(dst, connectionId), connectionType, offer: { type: "offer", sdp: "v=0" } },
});
const answer = (dst: string, connectionId: string): PeerMessage => ({
  event: "ANSWER",
  body: { ...to(dst, connectionId), answer: { type: "answer", sdp: "v=0" } },
});
const candidate = (connectionId: string): PeerMessage => ({
  event: "CANDIDATE",
  body: { ...to(RECORDER, connectionId), candidate: { candidate: "c" } },
});
const forceClose = (dst: string, connectionId: string): PeerMessage => ({
  event: "FORCE_CLOSE",
  body: to(dst, connectionId),
});

/** Names of the connections that a client was told of, by event. */
const heard = ({ link }: Client, event: string) =>
  link.heard.flatMap((one) =>
    one.event === event
      ? [typeof one.body === "object" && "connectionId" in one.body ? one.body.connectionId : one.body]
      : [],
  );

describe("gateways that share an id", () => {
  test("get calls in turn, and more of them while they have fewer", () => {
    const gateways = [gateway("10.0.0.1"), gateway("10.0.0.2"), gateway("10.0.0.3")];
    const caller = join("alice");
    for (let call = 0; call < 6; call += 1) world.pass(caller.peer, offer(`mc_${call}`));
    expect(gateways.map((one) => heard(one, "OFFER"))).toEqual([
      ["mc_0", "mc_3"],
      ["mc_1", "mc_4"],
      ["mc_2", "mc_5"],
    ]);

    world.pass(caller.peer, forceClose(RECORDER, "mc_1"));
    world.pass(gateways[1]?.peer as Peer, forceClose("alice", "mc_4"));
    world.pass(caller.peer, offer("mc_6"));
    world.pass(caller.peer, offer("mc_7"));
    expect(heard(gateways[1] as Client, "OFFER")).toEqual(["mc_1", "mc_4", "mc_6", "mc_7"]);
  });

  test("are there once, for who asks", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    expect(world.connectedIds()).toEqual([RECORDER]);
    world.depart(one.peer, one.link, "left");
    expect(world.isConnected(RECORDER)).toBe(true);
    world.depart(other.peer, other.link, "left");
    expect(world.isConnected(RECORDER)).toBe(false);
  });

  test("get what belongs to a call that they have, and nothing of the others'", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const [alice, bob] = [join("alice"), join("bob")];
    // Two callers may choose the same name.
    for (const { peer } of [alice, bob]) world.pass(peer, offer("mc_same"));
    for (const { peer } of [alice, bob, bob]) world.pass(peer, candidate("mc_same"));
    world.pass(alice.peer, forceClose(RECORDER, "mc_same"));
    expect(one.link.events).toEqual(["OPEN", "OFFER", "CANDIDATE", "FORCE_CLOSE"]);
    expect(other.link.events).toEqual(["OPEN", "OFFER", "CANDIDATE", "CANDIDATE"]);
  });

  test("call others, who answer the one that called", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    world.pass(other.peer, offer("mc_ours", "media", "alice"));
    world.pass(alice.peer, answer(RECORDER, "mc_ours"));
    expect(heard(other, "ANSWER")).toEqual(["mc_ours"]);
    expect(one.link.events).toEqual(["OPEN"]);
  });

  test("get a caller's data connection where its call is", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    world.pass(join("alice").peer, offer("mc_alice"));
    const bob = join("bob");
    world.pass(bob.peer, offer("mc_bob"));
    for (const name of ["dc_1", "dc_2"]) world.pass(bob.peer, offer(name, "data"));
    expect(heard(one, "OFFER")).toEqual(["mc_alice"]);
    expect(heard(other, "OFFER")).toEqual(["mc_bob", "dc_1", "dc_2"]);
  });

  test("all hear the end of a call that began before signalling was restarted: only they know whose it is", () => {
    const gateways = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    world.pass(join("alice").peer, forceClose(RECORDER, "mc_earlier"));
    for (const one of gateways) expect(heard(one, "FORCE_CLOSE")).toEqual(["mc_earlier"]);
  });
});

describe("a gateway that leaves others behind", () => {
  test("is missed at once by its own callers, and by nobody else", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const [alice, bob] = [join("alice"), join("bob")];
    for (const { peer } of [alice, bob]) world.pass(peer, offer("mc_1"));

    world.depart(one.peer, one.link, "left");

    expect(heard(alice, "LEAVE")).toEqual([RECORDER]);
    expect(bob.link.events).toEqual(["OPEN"]);
    world.pass(alice.peer, offer("mc_again"));
    expect(heard(other, "OFFER")).toEqual(["mc_1", "mc_again"]);
  });

  test("ends its own connections only, with a caller that has others at another one", () => {
    const [one] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    for (const name of ["mc_1", "mc_2", "mc_3"]) world.pass(alice.peer, offer(name));

    world.depart(one.peer, one.link, "left");

    expect(heard(alice, "FORCE_CLOSE")).toEqual(["mc_1", "mc_3"]);
    expect(heard(alice, "LEAVE")).toEqual([]);
  });

  test("keeps its calls while its link is broken for a moment, and gets no new ones", () => {
    const [one, other] = [gateway("10.0.0.1", "pt-1"), gateway("10.0.0.2")];
    const alice = join("alice");
    world.pass(alice.peer, offer("mc_1"));
    world.depart(one.peer, one.link, "lost");
    world.pass(alice.peer, candidate("mc_1"));
    for (const name of ["mc_2", "mc_3"]) world.pass(alice.peer, offer(name));
    expect(heard(other, "OFFER")).toEqual(["mc_2", "mc_3"]);

    const back = gateway("10.0.0.1", "pt-1");
    expect(heard(back, "CANDIDATE")).toEqual(["mc_1"]);
    clock.advance(RECONNECT_GRACE_MS);
    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("and was started anew is told from the others: its calls end at once", () => {
    const one = gateway("10.0.0.1");
    gateway("10.0.0.2");
    const alice = join("alice");
    world.pass(alice.peer, offer("mc_1"));
    world.depart(one.peer, one.link, "lost");
    gateway("10.0.0.1");
    expect(heard(alice, "LEAVE")).toEqual([RECORDER]);
  });

  test("hears of a caller's end as the others do", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    for (const name of ["mc_1", "mc_2"]) world.pass(alice.peer, offer(name));
    world.depart(alice.peer, alice.link, "left");
    for (const each of [one, other]) expect(heard(each, "LEAVE")).toEqual(["alice"]);
    // Nothing of it counts any more.
    const bob = join("bob");
    for (const name of ["mc_3", "mc_4"]) world.pass(bob.peer, offer(name));
    expect([heard(one, "OFFER"), heard(other, "OFFER")]).toEqual([
      ["mc_1", "mc_3"],
      ["mc_2", "mc_4"],
    ]);
  });
});

test("nothing is left of gateways and callers that have gone", () => {
  for (let round = 0; round < 50; round += 1) {
    const all = [gateway("10.0.0.1"), gateway("10.0.0.2"), join("alice"), join("bob")];
    for (const { peer } of all.slice(2)) world.pass(peer, offer("mc_1"));
    for (const { peer, link } of all) world.depart(peer, link, round % 2 === 0 ? "left" : "lost");
    clock.advance(RECONNECT_GRACE_MS);
  }
  clock.advance(WAITING_LIMIT_MS);
  expect(world.connectedIds()).toEqual([]);
  expect(clock.pending).toBe(0);
});

describe("a client from outside", () => {
  const stranger = (token?: string) => {
    const link = new RecordingLink();
    return { link, joining: Promise.resolve().then(() => world.join(RECORDER, Token.parse(token ?? "x"), link)) };
  };
  const refused = { code: "UNAVAILABLE_ID" };

  test("does not join them", async () => {
    gateway("10.0.0.1");
    gateway("10.0.0.2");
    const { link, joining } = stranger();
    await expect(joining).rejects.toMatchObject(refused);
    expect(link.events).toEqual([]);
  });

  test("does not take the place of one, not even with its token", async () => {
    const { link } = gateway("10.0.0.1", "pt-1");
    await expect(stranger("pt-1").joining).rejects.toMatchObject(refused);
    expect(link.isOpen).toBe(true);
  });

  test("does not get the id of one that is slow, or away for a moment", async () => {
    const { peer, link } = gateway("10.0.0.1");
    link.answers = false;
    await expect(stranger().joining).rejects.toMatchObject(refused);
    world.depart(peer, link, "lost");
    await expect(stranger().joining).rejects.toMatchObject(refused);
  });

  test("who has an id first is not joined by them either", async () => {
    join(RECORDER);
    const link = new RecordingLink({ insideAddress: "10.0.0.1" });
    await expect(world.join(RECORDER, Token.parse("t"), link)).rejects.toMatchObject(refused);
  });
});
