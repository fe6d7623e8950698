import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { bindingFor, libraryConfiguration } from "./networkBinding.ts";
import { CREDENTIAL_LIFE_S, iceServersOf, type Relay } from "./relay.ts";

const RELAY: Relay = { servers: [{ hostname: "turn", port: 3478 }], secret: "a secret of sixteen" };
const HERE = { port: 40_000, bindAddress: "192.0.2.1" };
const NOW_S = 1_700_000_000;

test("each connection has its own credential, which expires and is signed with the secret", () => {
  const [first, second] = [iceServersOf(RELAY, NOW_S * 1000), iceServersOf(RELAY, NOW_S * 1000)].flat();
  expect(first).toMatchObject({ hostname: "turn", port: 3478, relayType: "TurnUdp" });
  expect(first?.username).toMatch(new RegExp(`^${NOW_S + CREDENTIAL_LIFE_S}:gateway-`));
  expect(first?.username).not.toBe(second?.username);
  const signature = createHmac("sha1", RELAY.secret).update(first?.username ?? "");
  expect(first?.password).toBe(signature.digest("base64"));
});

test("a relayed connection has its own port, all others share one", () => {
  const shared = { enableIceUdpMux: true, portRangeBegin: 40_000, portRangeEnd: 40_000, iceServers: [] };
  expect(libraryConfiguration(HERE, 1_000)).toEqual({ bindAddress: "192.0.2.1", maxMessageSize: 1_000, ...shared });
  const relayed = libraryConfiguration({ ...HERE, relay: RELAY }, 1_000);
  expect(relayed).toMatchObject({ iceTransportPolicy: "relay", iceServers: [{ hostname: "turn" }] });
  expect(relayed).not.toHaveProperty("portRangeBegin");
  expect(relayed.enableIceUdpMux).not.toBe(true);
});

test("the answer to a gateway has its own port, unless it is relayed", () => {
  const answering = libraryConfiguration(bindingFor(HERE, { isGateway: true }), 1_000);
  expect(answering).toEqual({ bindAddress: "192.0.2.1", maxMessageSize: 1_000, iceServers: [] });
  expect(bindingFor(HERE, { isGateway: false })).toEqual(HERE);
  const relayed = { ...HERE, relay: RELAY };
  expect(bindingFor(relayed, { isGateway: true })).toEqual(relayed);
});
