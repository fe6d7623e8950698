import { describe, expect, test } from "vitest";
import { readConfiguration } from "./configuration.ts";

test("every setting has a working default", () => {
  expect(readConfiguration({}, undefined)).toEqual({
    apiPort: 8000,
    apiBindAddress: "127.0.0.1",
    logLevel: "error",
    signalingUrl: "http://127.0.0.1:9000",
    mediaPort: 40_000,
    publishedPort: 40_000,
    mediaBindAddress: undefined,
    announcedIps: [],
    totalKbps: undefined,
    heldMediaBytes: 1024 * 1024 * 1024,
    unusedPeerMs: 60_000,
    relay: undefined,
  });
});

test("the official gateway's config.toml is supported", () => {
  const file = '[general]\napi_port = 8001        # 1025..65535\nlog_level = "warn"\n';
  expect(readConfiguration({}, file)).toMatchObject({ apiPort: 8001, logLevel: "warn" });
});

test("LOG_LEVEL overrides the file's log level", () => {
  const file = '[general]\nlog_level = "warn"\n';
  expect(readConfiguration({ LOG_LEVEL: "info" }, file).logLevel).toBe("info");
  expect(readConfiguration({ LOG_LEVEL: "" }, file).logLevel).toBe("warn");
});

test.each([
  ["192.0.2.1", ["192.0.2.1"]],
  ["192.0.2.1,2001:db8::1", ["192.0.2.1", "2001:db8::1"]],
  [" 192.0.2.1 , 192.0.2.2 ", ["192.0.2.1", "192.0.2.2"]],
  ["", []],
])("ANNOUNCED_IP %j contains one or more addresses", (value, announcedIps) => {
  expect(readConfiguration({ ANNOUNCED_IP: value }, undefined).announcedIps).toEqual(announcedIps);
});

test.each([
  [{}, 40_000],
  [{ MEDIA_PORT: "41000" }, 41_000],
  [{ PUBLISHED_MEDIA_PORT: "" }, 40_000],
  [{ PUBLISHED_MEDIA_PORT: "41000" }, 41_000],
  [{ PUBLISHED_MEDIA_PORT: "41000-41000" }, 41_000],
  [{ PUBLISHED_MEDIA_PORT: "41000-41009" }, undefined],
])("%j: callers use the published port; within a range it is unknown at start", (environment, publishedPort) => {
  expect(readConfiguration(environment, undefined).publishedPort).toBe(publishedPort);
});

const RELAY = { ICE_TRANSPORT_POLICY: "relay", TURN_SECRET: "a secret of sixteen" };

test.each([
  ["turn:turn", [{ hostname: "turn", port: 3478 }]],
  ["turn:192.0.2.1:3479?transport=udp", [{ hostname: "192.0.2.1", port: 3479 }]],
  [
    "turn:[2001:db8::1]:3478, turn:b.example",
    [
      { hostname: "2001:db8::1", port: 3478 },
      { hostname: "b.example", port: 3478 },
    ],
  ],
])("callers connect through the TURN servers %s", (urls, servers) => {
  const { relay } = readConfiguration({ ...RELAY, TURN_URLS: urls }, undefined);
  expect(relay).toEqual({ servers, secret: "a secret of sixteen" });
});

test("TURN servers are not used unless ICE_TRANSPORT_POLICY is relay", () => {
  const named = { TURN_URLS: "turn:turn", TURN_SECRET: "a secret of sixteen" };
  expect(readConfiguration({ ...named, ICE_TRANSPORT_POLICY: "all" }, undefined).relay).toBeUndefined();
  expect(readConfiguration({ ...named, ICE_TRANSPORT_POLICY: "" }, undefined).relay).toBeUndefined();
});

test("a secret that is too short is not shown", () => {
  const wrong = { ...RELAY, TURN_URLS: "turn:turn", TURN_SECRET: "let me in" };
  expect(() => readConfiguration(wrong, undefined)).toThrow(/^(?=.*TURN_SECRET)(?!.*let me in)/);
});

describe("an invalid setting is reported with its location", () => {
  test.each([
    [{ ANNOUNCED_IP: "my-host" }, undefined, "ANNOUNCED_IP"],
    [{ MEDIA_PORT: "70000" }, undefined, "MEDIA_PORT"],
    [{ TOTAL_BANDWIDTH_KBPS: "10 Mbit/s" }, undefined, "TOTAL_BANDWIDTH_KBPS"],
    [{ MEDIA_PORT: "many" }, undefined, "MEDIA_PORT"],
    [{ PUBLISHED_MEDIA_PORT: "40000-" }, undefined, "PUBLISHED_MEDIA_PORT"],
    [{ PUBLISHED_MEDIA_PORT: "40009-40000" }, undefined, "PUBLISHED_MEDIA_PORT"],
    [{ PUBLISHED_MEDIA_PORT: "1-2-3" }, undefined, "PUBLISHED_MEDIA_PORT"],
    [{ SIGNALING_URL: "signaling:9000" }, undefined, "SIGNALING_URL"],
    [{ API_BIND_ADDRESS: "localhost" }, undefined, "API_BIND_ADDRESS"],
    [{ LOG_LEVEL: "loud" }, undefined, "LOG_LEVEL"],
    [{ ICE_TRANSPORT_POLICY: "turn" }, undefined, "ICE_TRANSPORT_POLICY"],
    [RELAY, undefined, "TURN_URLS"],
    [{ ...RELAY, TURN_SECRET: "", TURN_URLS: "turn:turn" }, undefined, "TURN_SECRET"],
    [{ TURN_URLS: "turns:turn" }, undefined, "TURN_URLS"],
    [{ TURN_URLS: "turn:turn?transport=tcp" }, undefined, "TURN_URLS"],
    [{ TURN_URLS: "turn:turn:70000" }, undefined, "TURN_URLS"],
    [{ TURN_URLS: "turn:a,turn:b,turn:c" }, undefined, "TURN_URLS"],
    [{}, "[general]\napi_port = 80", "config.toml general.api_port"],
    [{}, '[general]\napi_port = "8000"', "config.toml general.api_port"],
    [{}, '[general]\nlog_level = "verbose"', "config.toml general.log_level"],
    [{}, "[general]\nport = 8000", "config.toml general"],
    [{}, "[general\napi_port = 8000", "config.toml line 1"],
  ])("%j with %j", (environment, file, named) => {
    expect(() => readConfiguration(environment, file)).toThrow(named);
  });

  test("together with all other invalid settings", () => {
    const file = "[general]\napi_port = 80\nlog_level = 3";
    for (const named of ["general.api_port", "general.log_level", "MEDIA_PORT"]) {
      expect(() => readConfiguration({ MEDIA_PORT: "-1" }, file)).toThrow(named);
    }
  });
});
