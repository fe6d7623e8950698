import { expect, test } from "vitest";
import { freeUdpPort } from "../testing/udpReceiver.ts";
import { fuzzBindings } from "./fuzzBindings.ts";
import { fuzzLibrary, fuzzOffers } from "./fuzzOffers.ts";
import { fuzzPackets } from "./fuzzPackets.ts";

/** `./scripts/bench fuzz` runs the same tests with 100,000 inputs each. */
const SEED = 20_261_123;
/** Other tests run in parallel, and each of these keeps a core busy. */
const LIMIT_MS = 30_000;

test(
  "malformed offers are rejected, or answered with valid SDP",
  () => {
    expect(fuzzOffers(SEED, 2_000)).toBeGreaterThan(200);
  },
  LIMIT_MS,
);

test(
  "malformed offers that reach the library do not crash it",
  async () => {
    expect(await fuzzLibrary(SEED, 100, await freeUdpPort())).toBeGreaterThan(10);
  },
  LIMIT_MS,
);

test(
  "STUN messages without the password are not answered",
  () => {
    expect(fuzzBindings(SEED, 2_000)).toBeGreaterThan(100);
  },
  LIMIT_MS,
);

test(
  "damaged and made-up packets neither end a call nor stop the forwarding of valid ones",
  () => {
    expect(fuzzPackets(SEED, 5_000)).toBeGreaterThan(500);
  },
  LIMIT_MS,
);
