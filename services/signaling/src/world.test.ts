import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { describe, expect, test } from "vitest";
import { PeerId, Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "./times.ts";
import { World } from "./world.ts";

function open() {
  const clock = new ManualClock();
  const world = new World(clock);
  return {
    clock,
    world,
    join(id: string, { token = id, link = new RecordingLink() } = {}) {
      const peer = world.join(PeerId.parse(id), Token.parse(token), link) as Peer;
      return { peer, link };
    },
  };
}

function offer(dst: string, connectionId = "mc_1"): PeerMessage {
  return {
    event: "OFFER",
    body: { dst: PeerId.parse(dst), connectionId, connectionType: "media", offer: { type: "offer", sdp: "v=0" } },
  };
}

function candidate(dst: string, connectionId = "mc_1"): PeerMessage {
  return { event: "CANDIDATE", body: { dst: PeerId.parse(dst), connectionId, candidate: { candidate: "c" } } };
}

describe("ids", () => {
  test("a former link that is reported dead afterwards does not take the id away", () => {
    const { world, join } = open();
    const before = join("alice");
    const after = join("alice");

    world.depart(after.peer, before.link, "left");

    expect(after.peer).toBe(before.peer);
    expect(before.link.isOpen).toBe(false);
    expect(world.isConnected(PeerId.parse("alice"))).toBe(true);
  });

  test("a link that was closed while the id was contested gets nothing", async () => {
    const { world, join } = open();
    const holder = join("alice");
    holder.link.answers = false;
    const link = new RecordingLink();

    const joining = world.join(PeerId.parse("alice"), Token.parse("other"), link);
    link.close();

    await expect(joining).rejects.toMatchObject({ code: "UNAVAILABLE_ID" });
    expect(link.heard).toEqual([]);
    expect(world.connectedIds()).toEqual([]);
  });

  test("two that contest one id do not both get it", async () => {
    const { world, join } = open();
    join("alice").link.answers = false;
    const links = [new RecordingLink(), new RecordingLink()];

    const results = await Promise.allSettled(
      links.map((link, number) => world.join(PeerId.parse("alice"), Token.parse(`token ${number}`), link)),
    );

    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  test("a key has a limited number of peers, those who are away included", () => {
    const { world, join } = open();
    for (let number = 0; number < LIMITS.peersPerKey; number += 1) join(`peer-${number}`);
    const { peer, link } = join("peer-0");
    world.depart(peer, link, "lost");

    expect(() => join("one-more")).toThrow(expect.objectContaining({ code: "TOO_MANY_PEERS" }));
    expect(join("peer-0").link.events).toEqual(["OPEN"]);
  });

  test("nothing is left of peers that have gone", () => {
    const { clock, world, join } = open();
    for (let number = 0; number < 100; number += 1) {
      const alice = join("alice");
      const bob = join("bob");
      world.pass(alice.peer, offer("bob"));
      world.pass(bob.peer, offer("nobody"));
      world.depart(alice.peer, alice.link, "lost");
      world.pass(bob.peer, candidate("alice"));
      world.depart(bob.peer, bob.link, "left");
      clock.advance(RECONNECT_GRACE_MS);
    }

    clock.advance(WAITING_LIMIT_MS);
    expect(world.connectedIds()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("waiting messages", () => {
  test("a peer that is back finds what was for it, a new client under its id only new offers", () => {
    const { world, join } = open();
    const alice = join("alice");
    const bob = join("bob");
    world.pass(bob.peer, offer("alice", "mc_old"));
    world.depart(alice.peer, alice.link, "lost");
    world.pass(bob.peer, candidate("alice", "mc_old"));
    world.pass(bob.peer, offer("alice", "mc_new"));
    world.pass(bob.peer, candidate("alice", "mc_new"));

    const reloaded = join("alice", { token: "another page" });

    expect(reloaded.link.events).toEqual(["OPEN", "OFFER", "CANDIDATE"]);
    expect(bob.link.events).toEqual(["OPEN", "LEAVE"]);
  });

  test("candidates for a peer that is not there and was never offered anything are dropped", () => {
    const { clock, world, join } = open();
    const alice = join("alice");

    world.pass(alice.peer, candidate("bob"));

    expect(clock.pending).toBe(0);
    expect(join("bob").link.events).toEqual(["OPEN"]);
    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("a caller that has gone is not told that its callee did not come", () => {
    const { clock, world, join } = open();
    const alice = join("alice");
    world.pass(alice.peer, offer("bob"));
    world.depart(alice.peer, alice.link, "left");

    clock.advance(WAITING_LIMIT_MS);

    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("whoever waited and was answered by another peer's coming hears LEAVE when that one goes", () => {
    const { world, join } = open();
    const alice = join("alice");
    world.pass(alice.peer, offer("bob"));
    const bob = join("bob");

    world.depart(bob.peer, bob.link, "left");

    expect(alice.link.heard.at(-1)).toEqual({ event: "LEAVE", body: "bob" });
  });
});

test("the oldest acquaintance is forgotten first", () => {
  const { world, join } = open();
  const gateway = join("gateway");
  const callers = Array.from({ length: LIMITS.acquaintances + 1 }, (_, number) => join(`caller-${number}`));
  for (const { peer } of callers) world.pass(peer, offer("gateway"));

  world.depart(gateway.peer, gateway.link, "left");

  expect(callers[0]?.link.events).toEqual(["OPEN"]);
  expect(callers[1]?.link.events).toEqual(["OPEN", "LEAVE"]);
  expect(callers.at(-1)?.link.events).toEqual(["OPEN", "LEAVE"]);
});
