import { describe, expect, it } from "vitest";
import { timestampDistance } from "./arithmetic.ts";
import { SimulatedCall, START_MS } from "./simulatedCall.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const KINDS = ["audio", "video"] as const;
const SECONDS = 60;
/** What a file may be longer or shorter than its call, in milliseconds. */
const ALLOWED_MS = 6_000;
const PATTERNS: [string, (call: SimulatedCall, at: number, step: number) => number][] = [
  ["random", (call) => call.random() * 2 ** 32],
  ["ten times too fast", (_, at, step) => at + step * 9],
  ["running backwards", (_, at, step) => at - step * 2],
  ["jumping by half a cycle again and again", (call, at) => at + (call.random() < 0.02 ? 2 ** 31 - 1 : 0)],
  ["jumping forwards by hours now and then", (call, at) => at + (call.random() < 0.01 ? 9e8 * call.random() : 0)],
  ["standing still", (_, at, step) => at - step],
  ["going back and forth by seconds", (call, at) => at + (call.random() - 0.5) * 900_000],
];

/** The earliest and the latest media of a track, by the steps between its packets, as recorders add them up. */
function spanMs(call: SimulatedCall, kind: (typeof KINDS)[number]): { earliest: number; latest: number } {
  const rate = kind === "audio" ? 48 : 90;
  let [atMs, earliest, latest] = [0, 0, 0];
  const packets = call.forwarded[kind];
  packets.forEach(({ timestamp }, index) => {
    const before = packets[index - 1];
    if (before) atMs += timestampDistance(before.timestamp, timestamp) / rate;
    earliest = Math.min(earliest, atMs);
    latest = Math.max(latest, atMs);
  });
  return { earliest, latest };
}

describe.each(PATTERNS)("a sender whose timestamps are %s", (_, next) => {
  it.each([false, true])("makes no recording that is longer than its call (reports as wrong: %s)", async (reports) => {
    const call = new SimulatedCall(CLEAN);
    for (const kind of KINDS) {
      const sender = call[kind];
      const frame = sender.frame.bind(sender);
      const step = kind === "audio" ? 960 : 3_000;
      let at = 1_000_000;
      sender.frame = (ms, count, nowMs) => {
        at = next(call, at + step, step);
        return frame(ms, count, nowMs).map((packet) => {
          packet.writeUInt32BE((((at % 2 ** 32) + 2 ** 32) % 2 ** 32) >>> 0, 4);
          return packet;
        });
      };
    }
    if (reports)
      call.every(700, () => {
        call.senderClockMs = call.random() * 4e12;
      });
    call.start();
    call.run(SECONDS * 1_000);
    await call.finish();
    for (const kind of KINDS) {
      const { earliest, latest } = spanMs(call, kind);
      expect(call.forwarded[kind].length).toBeGreaterThan(SECONDS * 10);
      expect(latest - earliest).toBeLessThan(SECONDS * 1_000 + ALLOWED_MS);
      const clock = call.receiver.clockOf(call.track(kind));
      expect(Math.abs((clock?.firstUnixMs ?? 0) - START_MS)).toBeLessThan(ALLOWED_MS);
      expect(Math.abs((clock?.rate ?? 0) - 1)).toBeLessThan(1e-3);
    }
  });
});

describe.each([800, -800, 3_600_000, -86_400_000])("a wall clock that is set by %d ms during a call", (stepMs) => {
  it.each([20, 300])("moves neither the start nor the packets (at second %d)", async (second) => {
    const call = new SimulatedCall({ ...CLEAN, jitterMs: 30 });
    call.start();
    call.run(second * 1_000);
    const before = KINDS.map((kind) => call.receiver.clockOf(call.track(kind)));
    call.senderClockMs += stepMs;
    call.run(300_000);
    await call.finish();
    for (const [index, kind] of KINDS.entries()) {
      const clock = call.receiver.clockOf(call.track(kind));
      expect(Math.abs((clock?.firstUnixMs ?? 0) - START_MS)).toBeLessThan(100);
      expect(Math.abs((clock?.firstUnixMs ?? 0) - (before[index]?.firstUnixMs ?? 0))).toBeLessThan(20);
      expect(clock?.source).toBe("sender_report");
      const { latest } = spanMs(call, kind);
      expect(Math.abs(latest - (second + 300) * 1_000)).toBeLessThan(200);
    }
    expect(call.forwarded.audio.length).toBeGreaterThanOrEqual((second + 300) * 50 - 5);
  });
});
