import { createSocket } from "node:dgram";
import { once } from "node:events";
import { pino } from "pino";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { freeUdpPort } from "../testing/udpReceiver.ts";
import { ALLOCATION_LIMIT_MS, GatheredEndpoint } from "./gatheredEndpoint.ts";
import { createMediaSessions } from "./mediaSessions.ts";
import { CHROMIUM } from "./offers.fixture.ts";

let relayed: GatheredEndpoint;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  relayed = new GatheredEndpoint("relay");
});
afterEach(() => vi.useRealTimers());

const HOST = "a=candidate:1 1 UDP 2122317823 192.0.2.1 40000 typ host";
const RELAYED = "a=candidate:3 1 UDP 1048063 192.0.2.3 50116 typ relay raddr 0.0.0.0 rport 0";
const OTHER = "a=candidate:4 1 UDP 1048062 2001:db8::4 50117 typ relay raddr :: rport 0";

test("the first address that a TURN server allocates is used", async () => {
  const found = relayed.allocated();
  relayed.gathered(HOST);
  expect(relayed.endpoints).toEqual([]);
  relayed.gathered(RELAYED);
  relayed.gathered(OTHER);
  await found;
  await relayed.allocated();
  expect(relayed.endpoints).toEqual([{ address: "192.0.2.3", port: 50_116, isRelayed: true }]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the address of a connection with its own port is the first one of this host", async () => {
  const own = new GatheredEndpoint("host");
  own.gathered(RELAYED);
  expect(own.endpoints).toEqual([]);
  own.gathered(HOST);
  own.gathered(HOST.replace("192.0.2.1", "192.0.2.2"));
  await own.allocated();
  expect(own.endpoints).toEqual([{ address: "192.0.2.1", port: 40_000 }]);
});

test("waiting for an allocation stops after a time limit, and when the connection is closed", async () => {
  const refused = expect(relayed.allocated()).rejects.toMatchObject({ code: "TURN_UNREACHABLE" });
  vi.advanceTimersByTime(ALLOCATION_LIMIT_MS);
  await refused;
  const closed = relayed.allocated();
  relayed.close();
  await closed;
  expect(relayed.endpoints).toEqual([]);
});

test("a call is not answered if no TURN server allocates an address", async () => {
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  const relay = { servers: [{ hostname: "127.0.0.1", port: silent.address().port }], secret: "a secret of sixteen" };
  const log = pino({ level: "silent" });
  const mediaPort = await freeUdpPort();
  const sessions = createMediaSessions({ mediaPort, bindAddress: "127.0.0.1", announcedIps: [], relay, log });
  onTestFinished(async () => {
    vi.useRealTimers();
    await sessions.close();
    silent.close();
  });
  const session = sessions.create({
    onReady: vi.fn(),
    onStream: vi.fn(),
    onAdditional: vi.fn(),
    onStalled: vi.fn(),
    onEnded: vi.fn(),
  });
  const asked = once(silent, "message");
  const both = { video: { receive: true }, audio: { receive: true }, redirects: {} };
  const refused = expect(session.answer(CHROMIUM, both)).rejects.toMatchObject({ code: "TURN_UNREACHABLE" });
  await asked;
  vi.advanceTimersByTime(ALLOCATION_LIMIT_MS);
  await refused;
});
