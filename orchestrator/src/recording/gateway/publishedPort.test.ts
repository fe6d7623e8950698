import { pino } from "pino";
import { expect, test } from "vitest";
import { RecorderError } from "../../errors.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { GatewayError } from "./gatewayError.ts";
import { tellPublishedPort } from "./publishedPort.ts";

const LOG = pino({ level: "silent" });
const CONTAINERS = [
  { id: "a", addresses: ["10.0.0.4", "10.1.0.4"], udpPorts: [{ inside: 40_000, published: 40_003 }] },
  {
    id: "b",
    addresses: ["10.0.0.5"],
    udpPorts: [
      { inside: 50_001, published: 50_001 },
      { inside: 40_000, published: 40_007 },
    ],
  },
  { id: "c", addresses: ["10.0.0.6"], udpPorts: [] },
];
const engine = { gateways: async () => CONTAINERS };

test.each([
  ["10.0.0.4", 40_003],
  ["10.0.0.5", 40_007],
  ["10.0.0.6", undefined], // not published
  ["10.0.0.7", undefined], // not a container of this bundle
])("the gateway at %s receives port %s", async (address, port) => {
  const gateway = new FakeGateway();
  await tellPublishedPort(gateway, address, 40_000, engine, LOG);
  expect(gateway.publishedPort).toBe(port);
});

test("an error of the gateway or the engine does not prevent an attempt to register", async () => {
  const gateway = new FakeGateway();
  const away = { gateways: async () => Promise.reject(new RecorderError("DOCKER_UNREACHABLE")) };
  await tellPublishedPort(gateway, "10.0.0.4", 40_000, away, LOG);
  gateway.trouble = new GatewayError("UNREACHABLE", "away");
  await tellPublishedPort(gateway, "10.0.0.4", 40_000, engine, LOG);
});
