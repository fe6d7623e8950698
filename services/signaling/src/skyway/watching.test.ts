import { expect, test } from "vitest";
import { Client } from "../testing/client.ts";
import { openNetwork } from "../testing/network.ts";
import { KEY, openSignaling, type TestSignaling } from "../testing/signaling.ts";
import { RECONNECT_GRACE_MS, TRANSPORT_SILENCE_LIMIT_MS, WATCH_INTERVAL_MS } from "../times.ts";

test.each(["socket.io 2", "socket.io 4"] as const)(
  "a client of %s whose network drops everything is detected, a live one is kept",
  async (version) => {
    await using signaling = await openSignaling();
    await using network = await openNetwork(signaling);
    using alice = await Client.open(network, { version, peerId: "alice" });
    using bob = await Client.open(signaling, { version, peerId: "bob" });
    await alice.reachesWebSocket();
    await bob.reachesWebSocket();
    alice.offer("bob");
    await bob.hears("OFFER");

    network.blackhole();
    for (let passed = 0; passed <= TRANSPORT_SILENCE_LIMIT_MS; passed += WATCH_INTERVAL_MS) {
      expect(await peers(signaling)).toEqual(["alice", "bob"]);
      signaling.clock.advance(WATCH_INTERVAL_MS);
      await roundTrip(bob);
    }
    expect(await peers(signaling)).toEqual(["bob"]);
    signaling.clock.advance(RECONNECT_GRACE_MS);

    expect(await bob.hears("LEAVE")).toBe("alice");
  },
);

/** Sends a message to itself. When it returns, the server has handled it and all earlier pongs. */
async function roundTrip(client: Client): Promise<void> {
  const offers = client.events.filter((event) => event === "OFFER").length;
  client.offer("bob", `mc_echo_${offers}`);
  await client.hears("OFFER", offers + 1);
}

async function peers(signaling: TestSignaling): Promise<string[]> {
  const response = await fetch(`${signaling.origin}/api/apikeys/${KEY}/clients/`);
  return ((await response.json()) as string[]).sort();
}
