import { expect, test } from "vitest";
import { freeUdpPort } from "../testing/udpReceiver.ts";
import { fuzzBindings } from "./fuzzBindings.ts";
import { fuzzLibrary, fuzzOffers } from "./fuzzOffers.ts";
import { fuzzPackets } from "./fuzzPackets.ts";

/** `./scripts/bench fuzz` does the same with 100,000 inputs each. */
const SEED = 20_261_123;
/** Other tests run beside these, and each of these keeps a core busy. */
const LIMIT_MS = 30_000;

test(
  "offers made to break parsers are refused, or answered in lines of SDP",
  () => {
    expect(fuzzOffers(SEED, 2_000)).toBeGreaterThan(200);
  },
  LIMIT_MS,
);

test(
  "nor does the library break on those that get that far",
  async () => {
    expect(await fuzzLibrary(SEED, 100, await freeUdpPort())).toBeGreaterThan(10);
  },
  LIMIT_MS,
);

test(
  "STUN of strangers is not answered",
  () => {
    expect(fuzzBindings(SEED, 2_000)).toBeGreaterThan(100);
  },
  LIMIT_MS,
);

test(
  "damaged and made-up packets neither end a call nor keep its sound ones from being passed on",
  () => {
    expect(fuzzPackets(SEED, 5_000)).toBeGreaterThan(500);
  },
  LIMIT_MS,
);
