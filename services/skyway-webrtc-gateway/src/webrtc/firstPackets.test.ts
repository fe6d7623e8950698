import { expect, test } from "vitest";
import { FIRST_PACKETS_LIMIT_MS, FirstPackets } from "./firstPackets.ts";

const packet = (number: number) => Buffer.of(number);

test("packets are kept until the peer is up, and returned once, in order", () => {
  const first = new FirstPackets();
  first.begin(0);
  expect([first.keep("video", packet(1)), first.keep("audio", packet(2))]).toEqual([true, true]);
  expect(first.take()).toEqual([
    { kind: "video", datagram: packet(1) },
    { kind: "audio", datagram: packet(2) },
  ]);
  expect(first.keep("video", packet(3))).toBe(false);
  expect(first.take()).toEqual([]);
});

test("a silent peer is waited for only a short time, and a limited number of packets is kept", () => {
  const first = new FirstPackets();
  first.begin(1_000);
  expect(first.isDue(1_000 + FIRST_PACKETS_LIMIT_MS - 1)).toBe(false);
  expect(first.isDue(1_000 + FIRST_PACKETS_LIMIT_MS)).toBe(true);
  const kept = Array.from({ length: 2_000 }, (_, number) => first.keep("video", packet(number & 0xff)));
  expect(kept.filter(Boolean)).toHaveLength(1_000);
  first.take();
  expect(first.isDue(10_000)).toBe(false);
});
