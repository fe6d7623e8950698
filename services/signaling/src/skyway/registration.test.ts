import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { describe, expect, test } from "vitest";
import { Client, type Version } from "../testing/client.ts";
import { openNetwork } from "../testing/network.ts";
import { KEY, OTHER_KEY, openSignaling } from "../testing/signaling.ts";
import { LIVENESS_LIMIT_MS, RECONNECT_GRACE_MS } from "../times.ts";

const VERSIONS: Version[] = ["socket.io 2", "socket.io 4"];

describe.each(VERSIONS)("a client of %s", (version) => {
  test("gets the requested id and upgrades to WebSocket", async () => {
    await using signaling = await openSignaling();
    using alice = new Client(signaling, { version, peerId: "alice" });

    expect(await alice.hears("OPEN")).toEqual({ peerId: "alice" });
    await alice.reachesWebSocket();
  });

  test("that requests no id gets one with 16 letters and digits", async () => {
    await using signaling = await openSignaling();
    using client = new Client(signaling, { version });

    expect(await client.hears("OPEN")).toEqual({ peerId: expect.stringMatching(/^[A-Za-z0-9]{16}$/) });
  });

  test("works with polling only, like Safari 15", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { version, peerId: "alice", transports: ["polling"] });
    using bob = await Client.open(signaling, { version, peerId: "bob", transports: ["polling"] });

    bob.offer("alice");

    expect(await alice.hears("OFFER")).toMatchObject({ src: "bob" });
  });

  test.each([
    ["an unknown key", { key: "22222222-2222-4222-8222-222222222222" }, "invalid-key"],
    ["a malformed key", { key: "SKYWAY API KEY" }, "invalid-key"],
    ["a control character in its id", { peerId: "al\u0000ice" }, "invalid-id"],
    ["a path for an id", { peerId: "../../etc/passwd" }, "invalid-id"],
    ["an id of 65 letters", { peerId: "a".repeat(65) }, "invalid-id"],
  ])("with %s receives an error and is disconnected permanently", async (_, options, type) => {
    await using signaling = await openSignaling();
    using client = new Client(signaling, { version, reconnection: true, ...options });

    expect(await client.hears("ERROR")).toMatchObject({ type, message: expect.any(String) });
    await waitFor("the end", () => !client.socket.connected);
    expect(client.disconnects).toEqual(["io server disconnect"]);
  });

  test("cannot take an id that another client has", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { version, peerId: "alice" });
    using impostor = new Client(signaling, { version, peerId: "alice" });

    expect(await impostor.hears("ERROR")).toMatchObject({ type: "unavailable-id" });
    await waitFor("the end of the impostor", () => impostor.disconnects.length === 1);
    expect(alice.events).toEqual(["OPEN"]);
    expect(alice.socket.connected).toBe(true);
  });

  test("keeps its id when it reconnects after a broken link", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { version, peerId: "alice" });
    await alice.reachesWebSocket();

    network.cut();
    await waitFor("the break", () => alice.disconnects.length === 1);
    alice.socket.connect();

    expect(await alice.hears("OPEN", 2)).toEqual({ peerId: "alice" });
  });

  test("keeps its id even if the server has not noticed that its former socket is dead", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using before = await Client.open(network, { version, peerId: "alice", token: "her own" });
    await before.reachesWebSocket();
    network.blackhole();

    using after = new Client(signaling, { version, peerId: "alice", token: "her own" });

    expect(await after.hears("OPEN")).toEqual({ peerId: "alice" });
    using bob = await Client.open(signaling, { version, peerId: "bob" });
    bob.offer("alice");
    await after.hears("OFFER");
  });

  test("takes the id of a client with a half-open socket, and that client's contacts receive LEAVE", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using vanished = await Client.open(network, { version, peerId: "alice" });
    using bob = await Client.open(signaling, { version, peerId: "bob" });
    await vanished.reachesWebSocket();
    bob.offer("alice");
    await vanished.hears("OFFER");
    network.blackhole();

    using reloaded = new Client(signaling, { version, peerId: "alice" });
    await waitFor("the server asks the holder of the id", () => {
      signaling.clock.advance(LIVENESS_LIMIT_MS);
      return reloaded.events.length > 0;
    });

    expect(reloaded.heard).toEqual([{ event: "OPEN", body: { peerId: "alice" } }]);
    expect(await bob.hears("LEAVE")).toBe("alice");
  });

  test("keeps its id on polling too", async () => {
    await using signaling = await openSignaling();
    using alice = await Client.open(signaling, { version, peerId: "alice", transports: ["polling"] });
    using impostor = new Client(signaling, { version, peerId: "alice" });

    expect(await impostor.hears("ERROR")).toMatchObject({ type: "unavailable-id" });
    expect(alice.socket.connected).toBe(true);
  });
});

describe("the id of a client whose socket broke", () => {
  test("is not given to another client, and the owner gets it back with everything that was sent to it", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { peerId: "alice" });
    using bob = await Client.open(signaling, { peerId: "bob" });
    await alice.reachesWebSocket();
    network.cut();
    await waitFor("the server sees the break", async () => !(await exists(signaling.origin, "alice")));
    signaling.clock.advance(300);

    using thief = new Client(signaling, { peerId: "alice" });
    await thief.reachesWebSocket();
    bob.offer("alice");
    bob.offer("bob", "mc_echo");
    await bob.hears("OFFER");
    expect(thief.events).toEqual([]);
    alice.socket.connect();

    expect(await alice.hears("OFFER")).toMatchObject({ src: "bob" });
    expect((await thief.hears("ERROR")).type).toBe("unavailable-id");
    expect(thief.events).toEqual(["ERROR"]);
    expect(bob.events).not.toContain("LEAVE");
  });

  test("is given to another client that waits for it, if the owner does not return in time", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { peerId: "alice" });
    await alice.reachesWebSocket();
    network.cut();
    await waitFor("the server sees the break", async () => !(await exists(signaling.origin, "alice")));

    using reloaded = new Client(signaling, { peerId: "alice" });
    await reloaded.reachesWebSocket();
    signaling.clock.advance(RECONNECT_GRACE_MS - 1);
    expect(reloaded.events).toEqual([]);
    signaling.clock.advance(1);

    expect(await reloaded.hears("OPEN")).toEqual({ peerId: "alice" });
  });

  test("is not taken by silence: its owner has the same time to return when it does not answer a ping", async () => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { peerId: "alice", token: "her own" });
    await alice.reachesWebSocket();
    network.blackhole();
    using thief = new Client(signaling, { peerId: "alice" });
    await waitFor("the server asks, and gives up its link", async () => {
      signaling.clock.advance(LIVENESS_LIMIT_MS);
      return !(await exists(signaling.origin, "alice"));
    });

    using back = await Client.open(signaling, { peerId: "alice", token: "her own" });

    expect((await thief.hears("ERROR")).type).toBe("unavailable-id");
    expect(back.socket.connected).toBe(true);
  });
});

test("peers of different API keys are separate", async () => {
  await using signaling = await openSignaling();
  using here = await Client.open(signaling, { key: KEY, peerId: "alice" });
  using there = await Client.open(signaling, { key: OTHER_KEY, peerId: "alice" });
  using stranger = await Client.open(signaling, { key: OTHER_KEY, peerId: "stranger" });

  stranger.offer("alice");

  await there.hears("OFFER");
  expect(here.events).toEqual(["OPEN"]);
});

test("cross-origin requests with credentials are allowed: the origin is reflected", async () => {
  await using signaling = await openSignaling();

  const response = await fetch(`${signaling.origin}/socket.io/?EIO=3&transport=polling`, {
    headers: { origin: "https://example.org" },
  });

  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("https://example.org");
  expect(response.headers.get("access-control-allow-credentials")).toBe("true");
});

test("a client that does not reconnect loses its id after the grace period", async () => {
  await using signaling = await openSignaling();
  await using network = await openNetwork(signaling);
  using alice = await Client.open(network, { peerId: "alice" });
  using bob = await Client.open(signaling, { peerId: "bob" });
  await alice.reachesWebSocket();
  alice.offer("bob");
  await bob.hears("OFFER");

  network.cut();
  await waitFor("the server sees the break", async () => !(await exists(signaling.origin, "alice")));
  signaling.clock.advance(RECONNECT_GRACE_MS - 1);
  using witness = await Client.open(signaling);
  witness.offer("bob", "mc_2");
  await bob.hears("OFFER", 2);
  expect(bob.events).not.toContain("LEAVE");
  signaling.clock.advance(1);

  expect(await bob.hears("LEAVE")).toBe("alice");
});

async function exists(origin: string, peerId: string): Promise<boolean> {
  const response = await fetch(`${origin}/api/apikeys/${KEY}/peers/${peerId}/exists`);
  return ((await response.json()) as { exists: boolean }).exists;
}
