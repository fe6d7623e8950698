import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import fc from "fast-check";
import { Client } from "../testing/client.ts";
import { KEY, type TestSignaling } from "../testing/signaling.ts";
import { hostilePacket } from "./hostileMessages.ts";

/** An invalid packet closes the socket, so several sockets are used. */
const PACKETS_PER_SOCKET = 10;
const LIMIT_MS = 10_000;

/** Sends malformed packets with both protocol versions. Afterwards only the well-behaved client is still connected. */
export async function fuzzWire(signaling: TestSignaling, seed: number, packetsPerVersion: number): Promise<void> {
  using alice = await Client.open(signaling, { peerId: "alice" });
  const packets = fc.sample(hostilePacket, { seed, numRuns: packetsPerVersion });
  for (const version of [3, 4]) {
    const url = `${signaling.origin.replace("http", "ws")}/socket.io/?EIO=${version}&transport=websocket&apiKey=${KEY}&peerId=`;
    for (let sent = 0; sent < packets.length; sent += PACKETS_PER_SOCKET) {
      const socket = new WebSocket(`${url}fuzz-${version}-${sent}`);
      await new Promise((resolve) => {
        socket.onopen = resolve;
        socket.onerror = resolve;
      });
      if (version === 4) socket.send("40");
      for (const packet of packets.slice(sent, sent + PACKETS_PER_SOCKET)) socket.send(packet);
      socket.close();
    }
  }

  alice.offer("alice");
  await alice.hears("OFFER");
  await waitFor(
    "only alice is left",
    async () => {
      const clients = await fetch(`${signaling.origin}/api/apikeys/${KEY}/clients/`);
      return ((await clients.json()) as string[]).join() === "alice";
    },
    LIMIT_MS,
  );
}
