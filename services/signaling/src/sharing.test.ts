import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { PeerId, Token } from "./ids.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { Tenant } from "./tenant.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { AFTER_START_MS, RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "./times.ts";

const RECORDER = PeerId.parse("TestRecorder");

interface Client {
  peer: Peer;
  link: RecordingLink;
}

let clock: ManualClock;
let tenant: Tenant;
beforeEach(() => {
  clock = new ManualClock();
  tenant = new Tenant(clock);
});

function join(id: string, link = new RecordingLink(), token: string = crypto.randomUUID()): Client {
  return { peer: tenant.join(PeerId.parse(id), Token.parse(token), link) as Peer, link };
}
const gateway = (internalAddress: string, token?: string) =>
  join(RECORDER, new RecordingLink({ wantsEarlyLeave: true, internalAddress }), token);

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

/** Connection ids that a client received with an event. */
const heard = ({ link }: Client, event: string) =>
  link.heard.flatMap((one) =>
    one.event === event
      ? [typeof one.body === "object" && "connectionId" in one.body ? one.body.connectionId : one.body]
      : [],
  );

describe("gateways that share an id", () => {
  test("receive calls round-robin, and more calls while they have fewer", () => {
    const gateways = [gateway("10.0.0.1"), gateway("10.0.0.2"), gateway("10.0.0.3")];
    const caller = join("alice");
    for (let call = 0; call < 6; call += 1) tenant.pass(caller.peer, offer(`mc_${call}`));
    expect(gateways.map((one) => heard(one, "OFFER"))).toEqual([
      ["mc_0", "mc_3"],
      ["mc_1", "mc_4"],
      ["mc_2", "mc_5"],
    ]);

    tenant.pass(caller.peer, forceClose(RECORDER, "mc_1"));
    tenant.pass(gateways[1]?.peer as Peer, forceClose("alice", "mc_4"));
    tenant.pass(caller.peer, offer("mc_6"));
    tenant.pass(caller.peer, offer("mc_7"));
    expect(heard(gateways[1] as Client, "OFFER")).toEqual(["mc_1", "mc_4", "mc_6", "mc_7"]);
  });

  test("appear as one peer", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    expect(tenant.connectedIds()).toEqual([RECORDER]);
    tenant.depart(one.peer, one.link, "left");
    expect(tenant.isConnected(RECORDER)).toBe(true);
    tenant.depart(other.peer, other.link, "left");
    expect(tenant.isConnected(RECORDER)).toBe(false);
  });

  test("receive only messages of their own calls", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const [alice, bob] = [join("alice"), join("bob")];
    // Two callers may choose the same connection id.
    for (const { peer } of [alice, bob]) tenant.pass(peer, offer("mc_same"));
    for (const { peer } of [alice, bob, bob]) tenant.pass(peer, candidate("mc_same"));
    tenant.pass(alice.peer, forceClose(RECORDER, "mc_same"));
    expect(one.link.events).toEqual(["OPEN", "OFFER", "CANDIDATE", "FORCE_CLOSE"]);
    expect(other.link.events).toEqual(["OPEN", "OFFER", "CANDIDATE", "CANDIDATE"]);
  });

  test("can call others, and receive the answers", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    tenant.pass(other.peer, offer("mc_ours", "media", "alice"));
    tenant.pass(alice.peer, answer(RECORDER, "mc_ours"));
    expect(heard(other, "ANSWER")).toEqual(["mc_ours"]);
    expect(one.link.events).toEqual(["OPEN"]);
  });

  test("receive a caller's data connection on the gateway that has its call", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    tenant.pass(join("alice").peer, offer("mc_alice"));
    const bob = join("bob");
    tenant.pass(bob.peer, offer("mc_bob"));
    for (const name of ["dc_1", "dc_2"]) tenant.pass(bob.peer, offer(name, "data"));
    expect(heard(one, "OFFER")).toEqual(["mc_alice"]);
    expect(heard(other, "OFFER")).toEqual(["mc_bob", "dc_1", "dc_2"]);
  });

  test("all receive the end of a call from before a restart of signalling: only they know whose call it is", () => {
    const gateways = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    tenant.pass(join("alice").peer, forceClose(RECORDER, "mc_earlier"));
    for (const one of gateways) expect(heard(one, "FORCE_CLOSE")).toEqual(["mc_earlier"]);
  });
});

describe("a gateway that leaves while others stay", () => {
  test("is reported immediately to its own callers only", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const [alice, bob] = [join("alice"), join("bob")];
    for (const { peer } of [alice, bob]) tenant.pass(peer, offer("mc_1"));

    tenant.depart(one.peer, one.link, "left");

    expect(heard(alice, "LEAVE")).toEqual([RECORDER]);
    expect(bob.link.events).toEqual(["OPEN"]);
    tenant.pass(alice.peer, offer("mc_again"));
    expect(heard(other, "OFFER")).toEqual(["mc_1", "mc_again"]);
  });

  test("ends only its own connections with a caller that has other connections elsewhere", () => {
    const [one] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    for (const name of ["mc_1", "mc_2", "mc_3"]) tenant.pass(alice.peer, offer(name));

    tenant.depart(one.peer, one.link, "left");

    expect(heard(alice, "FORCE_CLOSE")).toEqual(["mc_1", "mc_3"]);
    expect(heard(alice, "LEAVE")).toEqual([]);
  });

  test("keeps its calls during a short disconnection, and receives no new ones", () => {
    const [one, other] = [gateway("10.0.0.1", "pt-1"), gateway("10.0.0.2")];
    const alice = join("alice");
    tenant.pass(alice.peer, offer("mc_1"));
    tenant.depart(one.peer, one.link, "lost");
    tenant.pass(alice.peer, candidate("mc_1"));
    for (const name of ["mc_2", "mc_3"]) tenant.pass(alice.peer, offer(name));
    expect(heard(other, "OFFER")).toEqual(["mc_2", "mc_3"]);

    const back = gateway("10.0.0.1", "pt-1");
    expect(heard(back, "CANDIDATE")).toEqual(["mc_1"]);
    clock.advance(RECONNECT_GRACE_MS);
    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("and was restarted is a new client: the old calls end immediately", () => {
    const one = gateway("10.0.0.1");
    gateway("10.0.0.2");
    const alice = join("alice");
    tenant.pass(alice.peer, offer("mc_1"));
    tenant.depart(one.peer, one.link, "lost");
    gateway("10.0.0.1");
    expect(heard(alice, "LEAVE")).toEqual([RECORDER]);
  });

  test("receives LEAVE of a caller like the others", () => {
    const [one, other] = [gateway("10.0.0.1"), gateway("10.0.0.2")];
    const alice = join("alice");
    for (const name of ["mc_1", "mc_2"]) tenant.pass(alice.peer, offer(name));
    tenant.depart(alice.peer, alice.link, "left");
    for (const each of [one, other]) expect(heard(each, "LEAVE")).toEqual(["alice"]);
    // The caller's calls are no longer counted.
    const bob = join("bob");
    for (const name of ["mc_3", "mc_4"]) tenant.pass(bob.peer, offer(name));
    expect([heard(one, "OFFER"), heard(other, "OFFER")]).toEqual([
      ["mc_1", "mc_3"],
      ["mc_2", "mc_4"],
    ]);
  });
});

test("nothing is kept of gateways and callers that have left", () => {
  for (let round = 0; round < 50; round += 1) {
    const all = [gateway("10.0.0.1"), gateway("10.0.0.2"), join("alice"), join("bob")];
    for (const { peer } of all.slice(2)) tenant.pass(peer, offer("mc_1"));
    for (const { peer, link } of all) tenant.depart(peer, link, round % 2 === 0 ? "left" : "lost");
    clock.advance(RECONNECT_GRACE_MS);
  }
  clock.advance(WAITING_LIMIT_MS);
  expect(tenant.connectedIds()).toEqual([]);
  expect(clock.pending).toBe(0);
});

describe("an external client", () => {
  const stranger = (token?: string) => {
    const link = new RecordingLink();
    return { link, joining: Promise.resolve().then(() => tenant.join(RECORDER, Token.parse(token ?? "x"), link)) };
  };
  const refused = { code: "UNAVAILABLE_ID" };

  test("cannot share the id of gateways", async () => {
    gateway("10.0.0.1");
    gateway("10.0.0.2");
    const { link, joining } = stranger();
    await expect(joining).rejects.toMatchObject(refused);
    expect(link.events).toEqual([]);
  });

  test("cannot replace a gateway, even with its token", async () => {
    const { link } = gateway("10.0.0.1", "pt-1");
    await expect(stranger("pt-1").joining).rejects.toMatchObject(refused);
    expect(link.isOpen).toBe(true);
  });

  test("does not get the id of a gateway that is slow or temporarily disconnected", async () => {
    const { peer, link } = gateway("10.0.0.1");
    link.answers = false;
    await expect(stranger().joining).rejects.toMatchObject(refused);
    tenant.depart(peer, link, "lost");
    await expect(stranger().joining).rejects.toMatchObject(refused);
  });

  test("does not share its id with a gateway either", async () => {
    clock.advance(AFTER_START_MS);
    join(RECORDER);
    const link = new RecordingLink({ internalAddress: "10.0.0.1" });
    await expect(tenant.join(RECORDER, Token.parse("t"), link)).rejects.toMatchObject(refused);
  });

  test("that takes the id of gateways while they are disconnected by a restart of signalling, loses it to them", () => {
    const thief = join(RECORDER);
    const alice = join("alice");
    clock.advance(1_000);

    const back = gateway("10.0.0.1");
    tenant.pass(alice.peer, offer("mc_1"));

    expect(heard(back, "OFFER")).toEqual(["mc_1"]);
    expect(thief.link.events).toEqual(["OPEN"]);
    expect(thief.link.isOpen).toBe(false);
  });
});
