import { expect, test } from "vitest";
import { Client } from "./testing/client.ts";
import { KEY, OTHER_KEY, openSignaling } from "./testing/signaling.ts";

test("the list of peers and the existence of a peer are separate for each key", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice b" });
  const get = async (path: string) => (await fetch(signaling.origin + path)).json();

  expect(alice.events).toEqual(["OPEN"]);
  expect(await get(`/api/apikeys/${KEY}/clients/`)).toEqual(["alice b"]);
  expect(await get(`/api/apikeys/${KEY}/clients`)).toEqual(["alice b"]);
  expect(await get(`/api/apikeys/${OTHER_KEY}/clients/`)).toEqual([]);
  expect(await get(`/api/apikeys/${KEY}/peers/alice%20b/exists`)).toEqual({ exists: true });
  expect(await get(`/api/apikeys/${KEY}/peers/bob/exists`)).toEqual({ exists: false });
  expect(await get(`/api/apikeys/${OTHER_KEY}/peers/alice%20b/exists`)).toEqual({ exists: false });
});

test.each(["clients/", "peers/alice/exists"])("an unknown key is refused: %s", async (path) => {
  await using signaling = await openSignaling();

  const response = await fetch(`${signaling.origin}/api/apikeys/unknown/${path}`, {
    headers: { origin: "http://a.example" },
  });

  expect(response.status).toBe(401);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(await response.json()).toEqual({ error: { code: "INVALID_KEY", message: expect.any(String) } });
});

test("the dispatcher returns the requested host", async () => {
  await using signaling = await openSignaling();

  const response = await fetch(`${signaling.origin}/signaling`);

  expect(await response.json()).toEqual({ domain: "127.0.0.1" });
});

test("health reports ok", async () => {
  await using signaling = await openSignaling();

  const response = await fetch(`${signaling.origin}/health`);

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ok", peers: 0 });
});

test("metrics count sockets, peers, messages and refusals", async () => {
  await using signaling = await openSignaling();
  using alice = await Client.open(signaling, { peerId: "alice" });
  using bob = await Client.open(signaling, { peerId: "bob" });
  alice.offer("bob");
  await bob.hears("OFFER");
  using stranger = new Client(signaling, { key: "unknown" });
  await stranger.hears("ERROR");

  const response = await fetch(`${signaling.origin}/metrics`);
  const lines = (await response.text()).split("\n");

  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(lines).toContain("signaling_peers 2");
  expect(lines).toContain("signaling_messages_total 1");
  expect(lines).toContain('signaling_refusals_total{code="INVALID_KEY"} 1');
  expect(lines.some((line) => /^signaling_sockets\{protocol="[^"]+"\} [23]$/.test(line))).toBe(true);
  expect(lines.some((line) => line.startsWith("nodejs_eventloop_lag_p99_seconds "))).toBe(true);
});
