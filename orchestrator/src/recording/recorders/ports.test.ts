import { expect, test } from "vitest";
import { PortAllocator, portsFrom } from "./ports.ts";

/** More than there are ports. */
const MANY = 6_000;

test("recorders have different ports, also beside those of an earlier process", () => {
  const ports = new PortAllocator(0);
  const first = new PortAllocator(0).take("found");
  ports.keep("found", first);
  const all = [first, ...Array.from({ length: 1_000 }, (_, at) => ports.take(`recorder ${at}`))];
  expect(new Set(all.flatMap((one) => Object.values(portsFrom(one)))).size).toBe(2 * all.length);
});

test("RTP ports are even, each has its own RTCP port, and none is one that Linux gives away", () => {
  const ports = new PortAllocator(0);
  for (let at = 0; at < MANY; at++) {
    const { video, audio } = portsFrom(ports.take("one at a time"));
    ports.free("one at a time");
    expect([video % 2, audio % 2]).toEqual([0, 0]);
    expect(new Set([video, video + 1, audio, audio + 1]).size).toBe(4);
    expect(Math.min(video, audio)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(video, audio) + 1).toBeLessThan(32_768);
  }
});

test("ports of an ended recorder are used again as late as possible", () => {
  const ports = new PortAllocator(0);
  const ended = ports.take("ended");
  ports.free("ended");
  const later = Array.from({ length: 5_499 }, (_, at) => ports.take(`recorder ${at}`));
  expect(later).not.toContain(ended);
  expect(ports.take("last")).toBe(ended);
  expect(() => ports.take("one too many")).toThrow(RangeError);
});
