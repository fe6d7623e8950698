import fc from "fast-check";
import { expect, test } from "vitest";
import { SignalingError } from "../errors.ts";
import { isPeerMessage } from "../skyway/clientMessages.ts";
import { KEY, openSignaling } from "../testing/signaling.ts";
import { Worlds } from "../worlds.ts";
import { fuzzMessages } from "./fuzzMessages.ts";
import { fuzzWire } from "./fuzzWire.ts";
import { anything, hostileName } from "./hostileMessages.ts";

const SEED = 20_261_123;

/** `./scripts/bench fuzz` does the same with 100,000 inputs. */
test("no message makes the relay throw, speak for another, or keep what has expired", () => {
  expect(fuzzMessages(SEED, 1_000)).toBeGreaterThan(50);
}, 30_000);

test("no introduction makes admission fail in a way of its own", () => {
  const worlds = new Worlds([KEY], new Map([[KEY, "secret"]]));
  const some = fc.oneof(anything, fc.string(), fc.json(), hostileName, fc.constant(KEY));

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
  await fuzzWire(signaling, SEED, 500);
});
