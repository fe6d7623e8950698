import fc from "fast-check";
import { expect, test } from "vitest";
import { SignalingError } from "./errors.ts";
import { PeerId, Token } from "./ids.ts";
import type { Peer } from "./peer.ts";
import { isPeerMessage, parsePeerMessage } from "./skyway/clientMessages.ts";
import { Client } from "./testing/client.ts";
import { ManualClock } from "./testing/manualClock.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { KEY, openSignaling } from "./testing/signaling.ts";
import { waitFor } from "./testing/waitFor.ts";
import { World } from "./world.ts";
import { Worlds } from "./worlds.ts";

const SEED = 20_261_123;
const NAMES = ["SEND_OFFER", "SEND_ANSWER", "SEND_CANDIDATE", "SEND_FORCE_CLOSE"] as const;

const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, maxDepth: 3 });
const peerId = fc.constantFrom("alice", "bob", "nobody", "__proto__", "constructor", "", "\u0000", "../..");
const description = fc.oneof(anything, fc.record({ type: fc.constantFrom("offer", "answer"), sdp: fc.string() }));
/** Close to what skyway-js sends, with any part of it wrong. */
const message = fc.record(
  {
    dst: fc.oneof({ weight: 5, arbitrary: peerId }, { weight: 1, arbitrary: anything }),
    connectionId: fc.oneof({ weight: 5, arbitrary: fc.constantFrom("mc_1", "mc_2", "__proto__") }, anything),
    connectionType: fc.constantFrom("media", "data", undefined),
    offer: description,
    answer: description,
    candidate: fc.oneof(anything, fc.record({ candidate: fc.string(), sdpMid: fc.option(fc.string()) })),
    metadata: anything,
    src: fc.constant("mallory"),
    dcInit: anything,
  },
  { requiredKeys: [] },
);

test("no message makes the relay throw, speak for another, or keep what has expired", () => {
  const clock = new ManualClock();
  const world = new World(clock);
  const links = { alice: new RecordingLink(), bob: new RecordingLink() };
  const alice = world.join(PeerId.parse("alice"), Token.parse("a"), links.alice) as Peer;
  void world.join(PeerId.parse("bob"), Token.parse("b"), links.bob);
  let passed = 0;

  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.oneof({ weight: 9, arbitrary: message }, anything), (name, body) => {
      try {
        world.pass(alice, parsePeerMessage(name, body));
        passed += 1;
      } catch (error) {
        if (!(error instanceof SignalingError)) throw error;
      }
      clock.advance(100);
    }),
    { seed: SEED, numRuns: 3_000 },
  );

  expect(passed).toBeGreaterThan(100);
  for (const { event, body } of [...links.alice.heard, ...links.bob.heard]) {
    if (event === "OPEN" || event === "ERROR") continue;
    expect(body).toHaveProperty("src", "alice");
  }
  clock.advance(60_000);
  expect(clock.pending).toBe(0);
});

test("no introduction makes admission fail in a way of its own", () => {
  const worlds = new Worlds([KEY], new Map([[KEY, "secret"]]));
  const some = fc.oneof(anything, fc.string(), fc.json(), fc.constant(KEY));

  fc.assert(
    fc.property(fc.record({ apiKey: some, peerId: some, token: some, credential: some }), (introduction) => {
      expect(() => worlds.admit(introduction)).toThrow(SignalingError);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("event names of objects are no peer messages", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
    expect(isPeerMessage(name)).toBe(false);
});

test("a server that is sent nonsense on the wire goes on serving the others", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });
  const packets = fc.sample(
    fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom("4", "42", "40", "41", "43", "44", "45", "46", "451-", "42/x,", "40//,", "2", "3", "6"),
          fc.string(),
        )
        .map((parts) => parts.join("")),
      fc
        .tuple(fc.constantFrom(...NAMES, "disconnect", "error", "connect_error", "newListener"), fc.json())
        .map(([name, body]) => `42${JSON.stringify([name]).slice(0, -1)},${body}]`),
    ),
    { seed: SEED, numRuns: 500 },
  );

  for (const version of [3, 4]) {
    const url = `${signaling.origin.replace("http", "ws")}/socket.io/?EIO=${version}&transport=websocket&apiKey=${KEY}&peerId=`;
    let sent = 0;
    while (sent < packets.length) {
      const socket = new WebSocket(`${url}fuzz-${version}-${sent}`);
      await new Promise((resolve) => {
        socket.onopen = resolve;
        socket.onerror = resolve;
      });
      if (version === 4) socket.send("40");
      // Whatever is not understood closes the socket: another one carries on.
      for (const packet of packets.slice(sent, sent + 10)) socket.send(packet);
      sent += 10;
      socket.close();
    }
  }

  alice.offer("alice");
  await alice.hears("OFFER");
  await waitFor("only alice is left", async () => {
    const clients = await fetch(`${signaling.origin}/api/apikeys/${KEY}/clients/`);
    return ((await clients.json()) as string[]).join() === "alice";
  });
});
