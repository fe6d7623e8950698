import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { CredentialWatch } from "./credentialWatch.ts";

function watch() {
  const clock = new ManualClock();
  const told: (number | "expired")[] = [];
  const credentialWatch = new CredentialWatch(clock, {
    onExpiring: (remainingS) => told.push(remainingS),
    onExpired: () => told.push("expired"),
  });
  return { clock, told, credentialWatch };
}

test("warns 300 s before the end, then ends", () => {
  const { clock, told, credentialWatch } = watch();
  credentialWatch.expireAt(clock.now() + 600_000);

  clock.advance(299_999);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual([300]);
  clock.advance(300_000);
  expect(told).toEqual([300, "expired"]);
});

test("warns immediately if less time is left", () => {
  const { clock, told, credentialWatch } = watch();
  credentialWatch.expireAt(clock.now() + 42_900);

  clock.advance(0);
  expect(told).toEqual([42]);
});

test("a renewed credential restarts the watch, and a stopped watch reports nothing", () => {
  const { clock, told, credentialWatch } = watch();
  credentialWatch.expireAt(clock.now() + 600_000);
  credentialWatch.expireAt(clock.now() + 900_000);

  clock.advance(599_999);
  expect(told).toEqual([]);
  credentialWatch.stop();
  clock.advance(900_000);
  expect(told).toEqual([]);
  expect(clock.pending).toBe(0);
});
