import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { describe, expect, test } from "vitest";
import { Client } from "../testing/client.ts";
import { openNetwork } from "../testing/network.ts";
import { PeerJsClient } from "../testing/peerJsClient.ts";
import { KEY, OTHER_KEY, openSignaling } from "../testing/signaling.ts";
import { LIVENESS_LIMIT_MS, RECONNECT_GRACE_MS, WAITING_LIMIT_MS } from "../times.ts";

describe("registration", () => {
  test.each(["/", "/peerjs/"])("works below the path %s, with an id that was requested before", async (path) => {
    await using signaling = await openSignaling();
    const response = await fetch(`${signaling.origin}${path}peerjs/id?ts=1`, {
      headers: { origin: "http://a.example" },
    });
    const id = await response.text();
    using client = new PeerJsClient(signaling, { id, path });

    expect(await client.hears("OPEN")).toEqual({ type: "OPEN" });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const peers = await fetch(`${signaling.origin}${path}peerjs/peers`);
    expect(await peers.json()).toEqual([id]);
  });

  test("an id is taken if another client has it, whatever its protocol", async () => {
    await using signaling = await openSignaling();
    using skyway = await Client.open(signaling, { peerId: "alice" });
    await skyway.reachesWebSocket();
    using client = new PeerJsClient(signaling, { id: "alice" });

    await client.hears("ID-TAKEN");
    await waitFor("the end", () => client.isClosed);
    expect(skyway.socket.connected).toBe(true);
  });

  test("the id of a live PeerJS client is taken, the id of a half-open one is not", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using lively = await PeerJsClient.open(signaling, { id: "lively" });
    using vanished = await PeerJsClient.open(network, { id: "vanished" });
    network.blackhole();

    using impostor = new PeerJsClient(signaling, { id: "lively" });
    await impostor.hears("ID-TAKEN");
    using reloaded = new PeerJsClient(signaling, { id: "vanished" });
    await waitFor("the server asks the holder of the id", () => {
      signaling.clock.advance(LIVENESS_LIMIT_MS);
      return reloaded.types.length > 0;
    });

    expect(reloaded.types).toEqual(["OPEN"]);
    expect(lively.types).toEqual(["OPEN"]);
    expect(vanished.types).toEqual(["OPEN"]);
  });

  test("an unknown key is refused, and peers of different keys are separate", async () => {
    await using signaling = await openSignaling();
    using stranger = new PeerJsClient(signaling, { key: "22222222-2222-4222-8222-222222222222" });
    using here = await PeerJsClient.open(signaling, { id: "alice", key: KEY });
    using there = await PeerJsClient.open(signaling, { id: "alice", key: OTHER_KEY });

    await stranger.hears("INVALID-KEY");
    here.offer("alice");
    await here.hears("OFFER");
    expect(there.types).toEqual(["OPEN"]);
    expect((await fetch(`${signaling.origin}/unknown/id`)).status).toBe(401);
  });

  test("a page without a key is admitted only if the default key is", async () => {
    await using signaling = await openSignaling({ apiKeys: [OTHER_KEY] });
    using client = new PeerJsClient(signaling);

    await client.hears("INVALID-KEY");
    expect((await fetch(`${signaling.origin}/peerjs/id`)).status).toBe(401);
  });
});

describe("calls", () => {
  test("from PeerJS to skyway-js", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });

    alice.offer("bob", { metadata: { call: "c" } });
    alice.candidate("bob");
    await bob.hears("CANDIDATE");
    bob.answer("alice");
    bob.candidate("alice");
    await alice.hears("CANDIDATE");

    expect(bob.events).toEqual(["OPEN", "OFFER", "CANDIDATE"]);
    expect(bob.heard[1]?.body).toMatchObject({
      src: "alice",
      connectionId: "mc_1",
      connectionType: "media",
      offer: { type: "offer", sdp: "v=0\r\n" },
      metadata: { call: "c" },
    });
    expect(alice.types).toEqual(["OPEN", "ANSWER", "CANDIDATE"]);
    expect(alice.heard[1]).toMatchObject({
      src: "bob",
      payload: { sdp: { type: "answer", sdp: "v=0\r\n" }, type: "media", connectionId: "mc_1" },
    });
  });

  test("from skyway-js to PeerJS: a hang-up by skyway-js arrives as LEAVE", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });

    bob.offer("alice", "mc_1", { metadata: 5 });
    bob.candidate("alice");
    await alice.hears("CANDIDATE");
    alice.answer("bob");
    await bob.hears("ANSWER");
    bob.forceClose("alice");

    expect(await alice.hears("LEAVE")).toEqual({ type: "LEAVE", src: "bob" });
    expect(alice.heard[1]).toMatchObject({
      type: "OFFER",
      src: "bob",
      payload: { type: "media", metadata: 5, sdp: { type: "offer" } },
    });
  });

  test("a hang-up does not end a data connection with the same peer", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });

    bob.offer("alice", "dc_1", { connectionType: "data", label: "chat", serialization: "none" });
    bob.offer("alice", "mc_1");
    bob.forceClose("alice", "mc_1");
    bob.offer("alice", "mc_2");
    await alice.hears("OFFER", 3);

    expect(alice.heard[1]).toMatchObject({ payload: { type: "data", label: "chat", serialization: "raw" } });
    expect(alice.types).not.toContain("LEAVE");
  });

  test("a data connection of PeerJS arrives in skyway-js' format", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });

    alice.offer("bob", { type: "data", connectionId: "dc_1", label: "chat", reliable: false, serialization: "raw" });

    expect(await bob.hears("OFFER")).toMatchObject({
      connectionType: "data",
      label: "chat",
      serialization: "none",
      dcInit: { ordered: false },
    });
  });

  test("to a peer that does not connect end in EXPIRE", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    alice.offer("nobody");
    alice.offer("alice");
    await alice.hears("OFFER");

    signaling.clock.advance(WAITING_LIMIT_MS);

    expect(await alice.hears("EXPIRE")).toEqual({ type: "EXPIRE", src: "nobody" });
  });

  test("a closed tab is reported immediately, a broken link after the grace period", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using closing = await PeerJsClient.open(signaling, { id: "closing" });
    using breaking = await PeerJsClient.open(network, { id: "breaking" });
    using bob = await Client.open(signaling, { peerId: "bob" });
    closing.offer("bob");
    breaking.offer("bob");
    await bob.hears("OFFER", 2);

    closing.socket.close();
    expect(await bob.hears("LEAVE")).toBe("closing");
    network.cut();
    await waitFor("the break", () => breaking.isClosed);
    await waitFor("its end", () => {
      signaling.clock.advance(RECONNECT_GRACE_MS);
      return bob.events.filter((event) => event === "LEAVE").length === 2;
    });
  });

  test("invalid messages are ignored, and HEARTBEAT is not relayed", async () => {
    await using signaling = await openSignaling();
    using alice = await PeerJsClient.open(signaling, { id: "alice" });
    for (const text of ["", "{", "null", "5", '{"type":"OFFER"}', '{"type":"OFFER","dst":"alice","payload":{}}']) {
      alice.socket.send(text);
    }
    alice.send({ type: "HEARTBEAT" });
    alice.send({ type: "__proto__", dst: "alice", payload: {} });

    alice.offer("alice");

    await alice.hears("OFFER");
    expect(alice.types).toEqual(["OPEN", "OFFER"]);
  });
});
