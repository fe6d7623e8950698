import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { openRelay } from "./relay.ts";

const PACKETS = 300;

test("packets pass in both directions with the requested delay, and only lost ones are missing", async () => {
  const gateway = createSocket("udp4").bind(0, "127.0.0.1");
  await once(gateway, "listening");
  gateway.on("message", (packet, { port }) => gateway.send(packet, port, "127.0.0.1"));
  const browser = createSocket("udp4").bind(0, "127.0.0.1");
  await once(browser, "listening");

  await using relay = await openRelay((gateway.address() as AddressInfo).port, { delayMs: 20, loss: 0.1 }, 3);
  const back: number[] = [];
  const roundTrips: number[] = [];
  const sentAt: number[] = [];
  browser.on("message", (packet) => {
    const number = packet.readUInt32BE(0);
    back.push(number);
    roundTrips.push(performance.now() - (sentAt[number] ?? 0));
  });
  for (let number = 0; number < PACKETS; number += 1) {
    const packet = Buffer.alloc(100);
    packet.writeUInt32BE(number);
    sentAt[number] = performance.now();
    browser.send(packet, relay.port, "127.0.0.1");
    if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await expect.poll(() => relay.counts.lost + back.length, { timeout: 5_000 }).toBe(PACKETS);
  browser.close();
  gateway.close();

  expect(back).toEqual([...back].sort((a, b) => a - b));
  expect(back.length / PACKETS).toBeGreaterThan(0.7);
  expect(back.length / PACKETS).toBeLessThan(0.9);
  expect(Math.min(...roundTrips)).toBeGreaterThanOrEqual(40);
});
