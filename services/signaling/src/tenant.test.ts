import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { describe, expect, test } from "vitest";
import { PeerId, Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { Tenant } from "./tenant.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "./times.ts";

function open() {
  const clock = new ManualClock();
  const tenant = new Tenant(clock);
  return {
    clock,
    tenant,
    join(id: string, { token = id, link = new RecordingLink() } = {}) {
      const peer = tenant.join(PeerId.parse(id), Token.parse(token), link) as Peer;
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

/** Lets the holder's unanswered ping be noticed, and its time to return pass. */
async function graceEnds(clock: ManualClock): Promise<void> {
  await waitFor("the holder is lost", () => clock.pending > 0);
  clock.advance(RECONNECT_GRACE_MS);
}

describe("ids", () => {
  test("a late disconnect of a former link does not remove the id", () => {
    const { tenant, join } = open();
    const before = join("alice");
    const after = join("alice");

    tenant.depart(after.peer, before.link, "left");

    expect(after.peer).toBe(before.peer);
    expect(before.link.isOpen).toBe(false);
    expect(tenant.isConnected(PeerId.parse("alice"))).toBe(true);
  });

  test("a link that closes while the id is contested receives nothing", async () => {
    const { clock, tenant, join } = open();
    const holder = join("alice");
    holder.link.answers = false;
    const link = new RecordingLink();

    const joining = tenant.join(PeerId.parse("alice"), Token.parse("other"), link);
    link.close();
    await graceEnds(clock);

    await expect(joining).rejects.toMatchObject({ code: "UNAVAILABLE_ID" });
    expect(link.heard).toEqual([]);
    expect(tenant.connectedIds()).toEqual([]);
  });

  test("only one of two clients that contest an id gets it", async () => {
    const { clock, tenant, join } = open();
    join("alice").link.answers = false;
    const links = [new RecordingLink(), new RecordingLink()];

    const joining = Promise.allSettled(
      links.map((link, number) => tenant.join(PeerId.parse("alice"), Token.parse(`token ${number}`), link)),
    );
    await graceEnds(clock);
    const results = await joining;

    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  test("the number of peers per key is limited, including disconnected ones", () => {
    const { tenant, join } = open();
    for (let number = 0; number < LIMITS.peersPerKey; number += 1) join(`peer-${number}`);
    const { peer, link } = join("peer-0");
    tenant.depart(peer, link, "lost");

    expect(() => join("one-more")).toThrow(expect.objectContaining({ code: "TOO_MANY_PEERS" }));
    expect(join("peer-0").link.events).toEqual(["OPEN"]);
  });

  test("nothing is kept of peers that have left", () => {
    const { clock, tenant, join } = open();
    for (let number = 0; number < 100; number += 1) {
      const alice = join("alice");
      const bob = join("bob");
      tenant.pass(alice.peer, offer("bob"));
      tenant.pass(bob.peer, offer("nobody"));
      tenant.depart(alice.peer, alice.link, "lost");
      tenant.pass(bob.peer, candidate("alice"));
      tenant.depart(bob.peer, bob.link, "left");
      clock.advance(RECONNECT_GRACE_MS);
    }

    clock.advance(WAITING_LIMIT_MS);
    expect(tenant.connectedIds()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("pending messages", () => {
  test("a new client under an id receives only new offers, not messages of old calls", async () => {
    const { clock, tenant, join } = open();
    const alice = join("alice");
    const bob = join("bob");
    tenant.pass(bob.peer, offer("alice", "mc_old"));
    tenant.depart(alice.peer, alice.link, "lost");
    const link = new RecordingLink();
    const joining = tenant.join(PeerId.parse("alice"), Token.parse("another page"), link);
    tenant.pass(bob.peer, candidate("alice", "mc_old"));
    clock.advance(1);
    tenant.pass(bob.peer, offer("alice", "mc_new"));
    tenant.pass(bob.peer, candidate("alice", "mc_new"));

    clock.advance(RECONNECT_GRACE_MS - 1);
    await joining;

    expect(link.events).toEqual(["OPEN", "OFFER", "CANDIDATE"]);
    expect(bob.link.events).toEqual(["OPEN", "LEAVE"]);
  });

  test("candidates for a peer without a pending offer are dropped", () => {
    const { clock, tenant, join } = open();
    const alice = join("alice");

    tenant.pass(alice.peer, candidate("bob"));

    expect(clock.pending).toBe(0);
    expect(join("bob").link.events).toEqual(["OPEN"]);
    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("a caller that has left receives no error for its callee", () => {
    const { clock, tenant, join } = open();
    const alice = join("alice");
    tenant.pass(alice.peer, offer("bob"));
    tenant.depart(alice.peer, alice.link, "left");

    clock.advance(WAITING_LIMIT_MS);

    expect(alice.link.events).toEqual(["OPEN"]);
  });

  test("a caller whose offer waited receives LEAVE when the called peer leaves", () => {
    const { tenant, join } = open();
    const alice = join("alice");
    tenant.pass(alice.peer, offer("bob"));
    const bob = join("bob");

    tenant.depart(bob.peer, bob.link, "left");

    expect(alice.link.heard.at(-1)).toEqual({ event: "LEAVE", body: "bob" });
  });
});

test("the oldest contact is dropped first", () => {
  const { tenant, join } = open();
  const gateway = join("gateway");
  const callers = Array.from({ length: LIMITS.contactsPerPeer + 1 }, (_, number) => join(`caller-${number}`));
  for (const { peer } of callers) tenant.pass(peer, offer("gateway"));

  tenant.depart(gateway.peer, gateway.link, "left");

  expect(callers[0]?.link.events).toEqual(["OPEN"]);
  expect(callers[1]?.link.events).toEqual(["OPEN", "LEAVE"]);
  expect(callers.at(-1)?.link.events).toEqual(["OPEN", "LEAVE"]);
});
