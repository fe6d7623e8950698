import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { PROGRAM_SILENCE_LIMIT_MS, TRANSPORT_SILENCE_LIMIT_MS } from "./times.ts";
import { Watchdog } from "./watchdog.ts";

test("a client counts as silent if nothing arrives within the limit", () => {
  const clock = new ManualClock();
  const watchdog = new Watchdog(clock);

  clock.advance(TRANSPORT_SILENCE_LIMIT_MS);
  expect(watchdog.isSilent()).toBe(false);
  clock.advance(1);
  expect(watchdog.isSilent()).toBe(true);
  watchdog.heardProgram();
  expect(watchdog.isSilent()).toBe(false);
});

test("a browser that answers pings for a hanging page counts as alive for two throttled minutes", () => {
  const clock = new ManualClock();
  const watchdog = new Watchdog(clock);

  for (let passed = 0; passed < PROGRAM_SILENCE_LIMIT_MS; passed += 10_000) {
    expect(watchdog.isSilent()).toBe(false);
    clock.advance(10_000);
    watchdog.heardTransport();
  }
  clock.advance(1);
  expect(watchdog.isSilent()).toBe(true);
});
