import { expect, test } from "vitest";
import { connectInARow } from "./connects.ts";
import { FORGOTTEN_AFTER_MS } from "./footprint.ts";
import { MeasuredGateway } from "./measuredGateway.ts";
import { createAndDelete } from "./rounds.ts";

/** `./scripts/bench connects` and `./scripts/bench rounds` run the same tests with 500 calls and 10,000 rounds. */
const CALLS = 30;
const ROUNDS = 100;
const GROWTH_LIMIT_BYTES = 1024 * 1024;
/** A lost DTLS message is retransmitted after this time (RFC 6347, section 4.2.4.1). */
const REPEATED_AFTER_MS = 1_000;

test("all callers of the library that send candidates early connect, without a DTLS retransmission", async () => {
  await using gateway = await MeasuredGateway.open();
  const connects = await connectInARow(gateway, CALLS);
  expect(connects.filter(({ failure }) => failure)).toEqual([]);
  // One may be due to a busy host.
  expect(connects.filter(({ ms }) => ms > REPEATED_AFTER_MS).length).toBeLessThanOrEqual(1);
});

test("creating and deleting everything leaks neither sockets nor memory", async () => {
  await using gateway = await MeasuredGateway.open();
  await createAndDelete(gateway, ROUNDS);
  const before = await gateway.footprint(FORGOTTEN_AFTER_MS);
  await createAndDelete(gateway, ROUNDS);
  const after = await gateway.footprint(FORGOTTEN_AFTER_MS);
  expect(after.sockets).toBeLessThanOrEqual(before.sockets);
  expect(after.neededBytes - before.neededBytes, JSON.stringify({ before, after })).toBeLessThan(GROWTH_LIMIT_BYTES);
});
