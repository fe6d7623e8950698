import { describe, expect, it } from "vitest";
import { MediaClock } from "./mediaClock.ts";
import { SenderClock } from "./senderClock.ts";

/** Small and reproducible, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const HOUR_MS = 3_600_000;
const NTP_START_MS = 5_000_000; // a browser's NTP clock may differ from the wall clock
const GATEWAY_START_MS = 1_760_000_000_000;

interface Sender {
  /** Drift of the sound card relative to the sender's wall clock. */
  audioDrift: number;
  /** Drift of the sender's wall clock relative to ours. */
  wallDrift: number;
  /** Maximum network delay of a report. */
  jitterMs: number;
  /** Maximum error of a report's timestamp. */
  scatterMs: number;
  durationMs: number;
}

/** Feeds a sender's reports to the clocks; returns the true and the fitted gateway time of timestamps. */
function simulate(sender: Sender) {
  const next = random(7);
  const shared = new SenderClock();
  const audio = {
    clock: new MediaClock(48_000),
    rate: 48_000,
    drift: sender.audioDrift,
    everyMs: 5_000,
    start: 2 ** 32,
  };
  const video = { clock: new MediaClock(90_000), rate: 90_000, drift: 0, everyMs: 1_000, start: 2 ** 32 - 90_000 };
  const tracks = [audio, video] as const;
  const delayMs = 20;
  for (const track of tracks) {
    for (let at = track.everyMs / 2; at < sender.durationMs; at += track.everyMs) {
      const ntpMs = NTP_START_MS + at * (1 + sender.wallDrift);
      const off = (next() - 0.5) * 2 * sender.scatterMs;
      const timestamp = track.start + ((at + off) / 1000) * (1 + sender.wallDrift) * (1 + track.drift) * track.rate;
      track.clock.observe(Math.round(timestamp), ntpMs);
    }
  }
  for (let at = 500; at < sender.durationMs; at += 1_000) {
    shared.observe(
      NTP_START_MS + at * (1 + sender.wallDrift),
      GATEWAY_START_MS + at + delayMs + next() * sender.jitterMs,
    );
  }
  const mapping = shared.mapping();
  if (!mapping) throw new Error("no mapping");
  return (track: 0 | 1, atMs: number) => {
    const { clock, rate, drift, start } = tracks[track];
    const line = clock.line();
    if (!line) throw new Error("no line");
    const timestamp = start + (atMs / 1000) * (1 + sender.wallDrift) * (1 + drift) * rate;
    return mapping.toGatewayMs(line.toSenderMs(timestamp)) - (GATEWAY_START_MS + atMs + delayMs);
  };
}

describe("the clock of a call", () => {
  it("keeps audio and video within 3 ms of each other when the sound card drifts by 100 ppm for an hour", () => {
    const error = simulate({ audioDrift: 100e-6, wallDrift: 0, jitterMs: 30, scatterMs: 10, durationMs: HOUR_MS });
    for (const at of [0, HOUR_MS / 2, HOUR_MS]) expect(Math.abs(error(0, at) - error(1, at))).toBeLessThan(3);
  });

  it("stays within 10 ms of the gateway's clock when the sender's wall clock drifts by 100 ppm for an hour", () => {
    const error = simulate({ audioDrift: 0, wallDrift: -100e-6, jitterMs: 30, scatterMs: 10, durationMs: HOUR_MS });
    for (const at of [0, HOUR_MS / 2, HOUR_MS]) {
      expect(Math.abs(error(0, at))).toBeLessThan(10);
      expect(Math.abs(error(1, at))).toBeLessThan(10);
    }
  });

  it("assumes no drift in a short call with scattered reports", () => {
    const error = simulate({ audioDrift: 0, wallDrift: 0, jitterMs: 50, scatterMs: 10, durationMs: 20_000 });
    for (const at of [0, 20_000]) expect(Math.abs(error(0, at) - error(1, at))).toBeLessThan(8);
  });

  it("is undefined before the first report", () => {
    expect(new SenderClock().mapping()).toBeUndefined();
    expect(new MediaClock(90_000).line()).toBeUndefined();
  });

  it("uses the report with the least delay, whatever the order", () => {
    const clock = new SenderClock();
    clock.observe(1_000, 10_080);
    clock.observe(2_000, 11_020);
    clock.observe(8_000, 17_050);
    expect(clock.mapping()?.toGatewayMs(1_000)).toBe(10_020);
  });

  it("is not distorted by one outlier", () => {
    const clock = new MediaClock(90_000);
    for (let second = 0; second < 60; second++) clock.observe(second * 90_000, 1_000_000 + second * 1_000);
    clock.observe(60 * 90_000 - 180_000, 1_060_000);
    expect(clock.line()?.toSenderMs(0)).toBeCloseTo(1_000_000, -0.5);
    expect(clock.line()?.rate).toBeCloseTo(1, 4);
  });
});
