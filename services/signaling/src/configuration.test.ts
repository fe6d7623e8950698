import { describe, expect, test } from "vitest";
import { ConfigurationError, DEFAULT_API_KEY, readConfiguration } from "./configuration.ts";

const KEY = "5bea388b-3f95-4e1e-acb5-a34efdd0c480";
const OTHER_KEY = "11111111-1111-4111-8111-111111111111";

test("all variables have working defaults", () => {
  expect(readConfiguration({})).toEqual({
    port: 9000,
    listenAddress: "0.0.0.0",
    logLevel: "info",
    apiKeys: [DEFAULT_API_KEY],
    secretKeys: new Map(),
  });
});

test("an empty variable counts as unset, because Compose passes unset variables as empty", () => {
  expect(readConfiguration({ SKYWAY_API_KEY: "", PORT: "", LOG_LEVEL: "", BIND_ADDRESS: "" })).toEqual(
    readConfiguration({}),
  );
});

test("several keys and their secrets are read", () => {
  const { apiKeys, secretKeys } = readConfiguration({
    SKYWAY_API_KEY: `${KEY}, ${OTHER_KEY}`,
    SKYWAY_SECRET_KEYS: `${KEY}:a secret: with a colon`,
    BIND_ADDRESS: "0.0.0.0",
  });

  expect(apiKeys).toEqual([KEY, OTHER_KEY]);
  expect([...secretKeys]).toEqual([[KEY, "a secret: with a colon"]]);
});

test("TURN servers are read with their secret", () => {
  const urls = ["turn:198.51.100.7:3478?transport=udp", "turns:turn.example.org:5349"];

  expect(readConfiguration({ TURN_URLS: urls.join(", "), TURN_SECRET: "a secret of servers" }).turn).toEqual({
    urls,
    secret: "a secret of servers",
  });
});

test.each(["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "127.0.0.1,[::1]"])(
  "the default key works on %s",
  (address) => {
    expect(readConfiguration({ BIND_ADDRESS: address }).apiKeys).toEqual([DEFAULT_API_KEY]);
  },
);

describe("invalid variables are named, and no secret is shown", () => {
  test.each([
    [{ SKYWAY_API_KEY: "SKYWAY API KEY" }, "SKYWAY_API_KEY"],
    [{ SKYWAY_API_KEY: `${KEY},${KEY.toUpperCase()}` }, "SKYWAY_API_KEY (entry 2)"],
    [{ BIND_ADDRESS: "0.0.0.0" }, "SKYWAY_API_KEY"],
    [{ BIND_ADDRESS: "127.0.0.1.example.org" }, "SKYWAY_API_KEY"],
    [{ BIND_ADDRESS: "127.0.0.1,[::]" }, "SKYWAY_API_KEY"],
    [{ BIND_ADDRESS: "0.0.0.0,[::1]" }, "SKYWAY_API_KEY"],
    [{ BIND_ADDRESS: "192.168.1.2", SKYWAY_API_KEY: `${KEY},${DEFAULT_API_KEY}` }, "SKYWAY_API_KEY"],
    [{ PORT: "web" }, "PORT"],
    [{ PORT: "70000" }, "PORT"],
    [{ LOG_LEVEL: "loud" }, "LOG_LEVEL"],
    [{ TURN_URLS: "turn:a.example" }, "TURN_SECRET"],
    [{ TURN_SECRET: "only-the-secret-of-servers" }, "TURN_URLS"],
    [{ TURN_URLS: "a.example", TURN_SECRET: "only-the-secret-of-servers" }, "TURN_URLS (entry 1)"],
    [{ SKYWAY_SECRET_KEYS: "only-the-secret" }, "SKYWAY_SECRET_KEYS"],
    [{ SKYWAY_SECRET_KEYS: `${KEY}:only-the-secret-of-a-stranger` }, "SKYWAY_SECRET_KEYS"],
  ])("%j", (environment, variable) => {
    const read = () => readConfiguration(environment);

    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(variable);
    expect(read).not.toThrow("only-the-secret");
  });
});
