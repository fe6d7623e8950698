import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../limits.ts";
import { Client, type Version } from "../testing/client.ts";
import { openNetwork } from "../testing/network.ts";
import { openSignaling } from "../testing/signaling.ts";
import { RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "../times.ts";

const PAIRS: [Version, Version][] = [
  ["socket.io 2", "socket.io 2"],
  ["socket.io 2", "socket.io 4"],
  ["socket.io 4", "socket.io 2"],
];

describe.each(PAIRS)("from %s to %s", (ofCaller, ofCallee) => {
  test("a complete call is relayed in order, with the sender's id set by the server", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { version: ofCaller, peerId: "alice" });
    using bob = await Client.open(signaling, { version: ofCallee, peerId: "bob" });

    alice.offer("bob", "mc_1", { metadata: { call: "c", deep: [1, { two: null }] }, src: "mallory" });
    for (let number = 0; number < 20; number += 1) alice.candidate("bob", number);
    await bob.hears("CANDIDATE", 20);
    bob.answer("alice");
    bob.candidate("alice");
    await alice.hears("CANDIDATE");
    alice.forceClose("bob");
    await bob.hears("FORCE_CLOSE");

    expect(bob.events).toEqual(["OPEN", "OFFER", ...Array(20).fill("CANDIDATE"), "FORCE_CLOSE"]);
    expect(bob.heard[1]?.body).toEqual({
      src: "alice",
      dst: "bob",
      connectionId: "mc_1",
      connectionType: "media",
      offer: { type: "offer", sdp: "v=0\r\n" },
      metadata: { call: "c", deep: [1, { two: null }] },
    });
    const candidates = bob.heard.filter(({ event }) => event === "CANDIDATE");
    expect(candidates.map(({ body }) => Number(/^candidate:(\d+)/.exec(body.candidate.candidate)?.[1]))).toEqual([
      ...Array(20).keys(),
    ]);
    expect(bob.heard.at(-1)?.body).toEqual({ src: "alice", dst: "bob", connectionId: "mc_1" });
    expect(alice.events).toEqual(["OPEN", "ANSWER", "CANDIDATE"]);
    expect(alice.heard[1]?.body).toMatchObject({ src: "bob", answer: { type: "answer", sdp: "v=0\r\n" } });
  });

  test("LEAVE is sent only to peers that exchanged messages with the peer that left", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { version: ofCaller, peerId: "alice" });
    using bob = await Client.open(signaling, { version: ofCallee, peerId: "bob" });
    using stranger = await Client.open(signaling, { version: ofCallee, peerId: "stranger" });
    alice.offer("bob");
    await bob.hears("OFFER");

    alice.socket.disconnect();

    expect(await bob.hears("LEAVE")).toBe("alice");
    bob.offer("stranger");
    await stranger.hears("OFFER");
    expect(stranger.events).toEqual(["OPEN", "OFFER"]);
  });
});

test("a data connection's own fields arrive", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });
  using bob = await Client.open(signaling, { peerId: "bob" });
  const data = { connectionType: "data", label: "chat", serialization: "binary-utf8", dcInit: { ordered: false } };

  alice.offer("bob", "dc_1", data);

  expect(await bob.hears("OFFER")).toMatchObject(data);
});

describe("an offer to a peer that is not connected", () => {
  test("waits with its candidates for a peer that connects in time", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { peerId: "alice" });
    alice.offer("bob");
    alice.candidate("bob", 1);
    alice.candidate("bob", 2);
    alice.offer("alice", "mc_echo"); // A peer's message to itself returns after everything before it was handled.
    await alice.hears("OFFER");

    using bob = await Client.open(signaling, { peerId: "bob" });

    await bob.hears("CANDIDATE", 2);
    expect(bob.events).toEqual(["OPEN", "OFFER", "CANDIDATE", "CANDIDATE"]);
    bob.answer("alice");
    await alice.hears("ANSWER");
  });

  test("ends in an error that names peer and connection", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { peerId: "alice" });
    alice.offer("nobody", "mc_7");
    alice.offer("alice", "mc_echo");
    await alice.hears("OFFER");

    signaling.clock.advance(WAITING_LIMIT_MS);

    expect(await alice.hears("ERROR")).toEqual({
      type: "peer-unavailable",
      message: expect.stringContaining("nobody"),
      dst: "nobody",
      connectionId: "mc_7",
    });
    expect(alice.socket.connected).toBe(true);
  });

  test("is withdrawn by the caller's hang-up", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { peerId: "alice" });
    alice.offer("bob", "mc_1");
    alice.forceClose("bob", "mc_1");
    alice.offer("bob", "mc_2");
    alice.offer("alice", "mc_echo");
    await alice.hears("OFFER");

    using bob = await Client.open(signaling, { peerId: "bob" });

    expect(await bob.hears("OFFER")).toMatchObject({ connectionId: "mc_2" });
    expect(bob.events).toEqual(["OPEN", "OFFER"]);
  });

  test("is withdrawn when the caller leaves", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { peerId: "alice" });
    using witness = await Client.open(signaling, { peerId: "witness" });
    alice.offer("bob");
    alice.offer("witness");
    await witness.hears("OFFER");
    alice.socket.disconnect();
    await witness.hears("LEAVE");

    using bob = await Client.open(signaling, { peerId: "bob" });

    witness.offer("bob", "mc_2");
    expect(await bob.hears("OFFER")).toMatchObject({ src: "witness" });
  });

  test("is refused immediately if too many messages are waiting", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { peerId: "alice" });
    const big = "x".repeat(200_000);
    const fitting = Math.floor(LIMITS.waitingBytesPerSender / big.length);

    for (let number = 0; number <= fitting; number += 1) alice.offer("nobody", `mc_${number}`, { metadata: big });

    expect(await alice.hears("ERROR")).toMatchObject({ connectionId: `mc_${fitting}` });
  });
});

describe("a link that breaks without a close", () => {
  test("has no effect if the peer reconnects in time: messages sent during the break arrive in order", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { peerId: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });
    await alice.reachesWebSocket();
    alice.offer("bob");
    await bob.hears("OFFER");

    network.cut();
    await waitFor("the break", () => alice.disconnects.length === 1);
    bob.answer("alice");
    bob.candidate("alice", 1);
    bob.candidate("alice", 2);
    bob.offer("bob", "mc_echo");
    await bob.hears("OFFER", 2);
    alice.socket.connect();

    await alice.hears("CANDIDATE", 2);
    expect(alice.events).toEqual(["OPEN", "OPEN", "ANSWER", "CANDIDATE", "CANDIDATE"]);
    expect(bob.events).not.toContain("LEAVE");
  });

  test("is reported to a gateway immediately, and only once", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { peerId: "alice" });
    using gateway = await Client.open(signaling, {
      version: "socket.io 4",
      peerId: "TestRecorder",
      platform: "gateway",
    });
    using bob = await Client.open(signaling, { peerId: "bob" });
    await alice.reachesWebSocket();
    alice.offer("TestRecorder");
    alice.offer("bob");
    await gateway.hears("OFFER");
    await bob.hears("OFFER");

    network.cut();

    expect(await gateway.hears("LEAVE")).toBe("alice");
    expect(bob.events).not.toContain("LEAVE");
    signaling.clock.advance(RECONNECT_GRACE_MS);
    expect(await bob.hears("LEAVE")).toBe("alice");
    bob.offer("TestRecorder");
    await gateway.hears("OFFER", 2);
    expect(gateway.events).toEqual(["OPEN", "OFFER", "LEAVE", "OFFER"]);
  });

  test("is reported to peers that were disconnected themselves", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(signaling, { peerId: "alice" });
    using bob = await Client.open(network, { peerId: "bob" });
    await bob.reachesWebSocket();
    alice.offer("bob");
    await bob.hears("OFFER");
    network.cut();
    await waitFor("the break", () => bob.disconnects.length === 1);
    alice.socket.disconnect();
    using witness = await Client.open(signaling);

    bob.socket.connect();

    expect(await bob.hears("LEAVE")).toBe("alice");
    expect(witness.events).toEqual(["OPEN"]);
  });
});

describe.each(["socket.io 2", "socket.io 4"] as const)(
  "a client of %s whose network disappears silently",
  (version) => {
    test.each([[["polling", "websocket"]], [["polling"]]])(
      "with %j receives unconfirmed messages on its next link, and only once",
      async (transports) => {
        await using signaling = await openSignaling();
        await using network = await openNetwork(signaling);
        using alice = await Client.open(signaling, { peerId: "alice" });
        const bobs = { version, peerId: "bob", token: "bob's", transports };
        using bob = await Client.open(network, bobs);
        if (transports.length > 1) await bob.reachesWebSocket();
        alice.offer("bob", "mc_heard");
        await bob.hears("OFFER");
        bob.offer("bob", "mc_echo"); // When this returns, the server knows that everything before it has arrived.
        await bob.hears("OFFER", 2);

        network.blackhole();
        alice.offer("bob", "mc_missed");
        alice.candidate("bob", 1, "mc_missed");
        alice.offer("alice", "mc_echo");
        await alice.hears("OFFER");
        using back = await Client.open(signaling, bobs); // by another network
        alice.candidate("bob", 2, "mc_missed");
        await back.hears("CANDIDATE", 2);

        const missed = back.heard.filter(({ body }) => body.connectionId === "mc_missed");
        expect(missed.map(({ event }) => event)).toEqual(["OFFER", "CANDIDATE", "CANDIDATE"]);
        expect(back.heard.filter(({ body }) => body.connectionId === "mc_heard")).toEqual([]);
      },
    );
  },
);
