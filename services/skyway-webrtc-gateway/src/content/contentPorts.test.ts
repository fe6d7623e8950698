import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newDataId, newRtcpId, newVideoId } from "../ids.ts";
import { ContentPorts, FIRST_PORT, MAX_OPEN_PORTS } from "./contentPorts.ts";

/** An address for this test only, so that ports do not conflict with parallel tests. */
const ADDRESS = "127.0.50.1";

let ports: ContentPorts;

beforeEach(() => {
  ports = new ContentPorts(ADDRESS);
});

afterEach(() => ports.closeAll());

test("ports are opened in order from 50001, whatever their purpose", async () => {
  const opened = [await ports.open(newVideoId()), await ports.open(newRtcpId()), await ports.open(newDataId())];
  expect(opened.map(({ port }) => port)).toEqual([FIRST_PORT, FIRST_PORT + 1, FIRST_PORT + 2]);
});

test("a port that another program uses is skipped", async () => {
  const squatter = createSocket("udp4").bind(FIRST_PORT, ADDRESS);
  await once(squatter, "listening");
  expect((await ports.open(newVideoId())).port).toBe(FIRST_PORT + 1);
  squatter.close();
});

test("a port is closed on request, unless a connection uses it", async () => {
  const { id } = await ports.open(newVideoId());
  ports.attach(id, "mc-1", "media_id", () => {});
  ports.attach(id, "mc-2", "media_id", () => {});
  expect(() => ports.close(id, "media_id")).toThrow("A connection is using this port");
  ports.withdraw("mc-3");
  ports.detach("mc-1");
  expect(ports.find(id)).toBeDefined();
  ports.detach("mc-2");
  expect(ports.find(id)).toBeUndefined();
  expect(() => ports.close(id, "media_id")).toThrow("Nothing has this id");
});

test("opening and closing ten thousand ports leaks nothing", async () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const before = openFiles();
  for (let round = 0; round < 10_000; round++) ports.close((await ports.open(newDataId())).id, "data_id");
  expect(openFiles()).toBeLessThanOrEqual(before + 5);
});

test("more ports than the limit are rejected, also for concurrent requests", async () => {
  const asked = await Promise.allSettled(Array.from({ length: MAX_OPEN_PORTS + 10 }, () => ports.open(newDataId())));
  expect(asked.filter(({ status }) => status === "rejected")).toHaveLength(10);
});
