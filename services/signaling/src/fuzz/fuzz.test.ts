import fc from "fast-check";
import { expect, test } from "vitest";
import { SignalingError } from "../errors.ts";
import { isPeerMessage } from "../skyway/clientMessages.ts";
import { Tenants } from "../tenants.ts";
import { KEY, openSignaling } from "../testing/signaling.ts";
import { fuzzMessages } from "./fuzzMessages.ts";
import { fuzzWire } from "./fuzzWire.ts";
import { anything, hostileName } from "./hostileMessages.ts";

const SEED = 20_261_123;

/** `./scripts/bench fuzz` runs the same with 100,000 inputs. */
test("no message makes the relay throw, impersonate a peer, or keep expired messages", () => {
  expect(fuzzMessages(SEED, 1_000)).toBeGreaterThan(50);
}, 30_000);

test("invalid join requests only cause signalling errors", () => {
  const tenants = new Tenants([KEY], new Map([[KEY, "secret"]]));
  const some = fc.oneof(anything, fc.string(), fc.json(), hostileName, fc.constant(KEY));

  fc.assert(
    fc.property(fc.record({ apiKey: some, peerId: some, token: some, credential: some }), (joinRequest) => {
      expect(() => tenants.admit(joinRequest)).toThrow(SignalingError);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("names of object members are not accepted as message names", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
    expect(isPeerMessage(name)).toBe(false);
});

test("a server that receives malformed packets continues to serve other clients", async () => {
  await using signaling = await openSignaling();
  await fuzzWire(signaling, SEED, 500);
});
