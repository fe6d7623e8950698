import { expect, test } from "vitest";
import { connectInARow } from "./connects.ts";
import { EnduredGateway } from "./enduredGateway.ts";
import { FORGOTTEN_AFTER_MS } from "./footprint.ts";
import { createAndDelete } from "./rounds.ts";

/** `./scripts/bench connects` and `./scripts/bench rounds` do the same for 500 and 10,000. */
const CALLS = 30;
const ROUNDS = 100;
const LIMIT_MS = 60_000;
const GROWTH_LIMIT_BYTES = 1024 * 1024;
/** A DTLS message that is lost is said again after this time (RFC 6347, section 4.2.4.1): the caller had no answer yet. */
const REPEATED_AFTER_MS = 1_000;

test("callers of the library that tell their candidates at once all connect, without a repeated DTLS message", {
  timeout: LIMIT_MS,
}, async () => {
  await using gateway = await EnduredGateway.open();
  const connects = await connectInARow(gateway, CALLS);
  expect(connects.filter(({ failure }) => failure)).toEqual([]);
  // One of them a host that was busy may explain.
  expect(connects.filter(({ ms }) => ms > REPEATED_AFTER_MS).length).toBeLessThanOrEqual(1);
});

test("whatever is made and taken away leaves neither a socket nor memory behind", { timeout: LIMIT_MS }, async () => {
  await using gateway = await EnduredGateway.open();
  await createAndDelete(gateway, ROUNDS);
  const before = await gateway.footprint(FORGOTTEN_AFTER_MS);
  await createAndDelete(gateway, ROUNDS);
  const after = await gateway.footprint(FORGOTTEN_AFTER_MS);
  expect(after.sockets).toBeLessThanOrEqual(before.sockets);
  expect(after.neededBytes - before.neededBytes, JSON.stringify({ before, after })).toBeLessThan(GROWTH_LIMIT_BYTES);
});
