import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { KEY, OTHER_KEY, openSignaling } from "./testing/signaling.ts";
import { CREDENTIAL_LIFE_S } from "./turn.ts";

const TURN = { urls: ["turn:a.example:3478?transport=udp", "turn:a.example:3478?transport=tcp"], secret: "shared" };

test("pages receive TURN servers with a credential that the servers can verify", async () => {
  await using signaling = await openSignaling({ turn: TURN });

  const response = await fetch(`${signaling.origin}/api/apikeys/${KEY}/ice-servers`, {
    headers: { origin: "http://a.example" },
  });

  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  const { iceServers } = await response.json();
  expect(iceServers).toHaveLength(1);
  const [{ urls, username, credential }] = iceServers;
  expect(urls).toEqual(TURN.urls);
  const expiry = Math.floor(signaling.clock.now() / 1000) + CREDENTIAL_LIFE_S;
  expect(username).toMatch(new RegExp(`^${expiry}:[A-Za-z0-9]+$`));
  expect(credential).toBe(createHmac("sha1", TURN.secret).update(username).digest("base64"));
});

test("without TURN the list is empty, and unknown keys are refused", async () => {
  await using without = await openSignaling();
  const empty = await fetch(`${without.origin}/api/apikeys/${KEY}/ice-servers`);
  expect(await empty.json()).toEqual({ iceServers: [] });

  await using signaling = await openSignaling({ turn: TURN });
  const stranger = await fetch(`${signaling.origin}/api/apikeys/unknown/ice-servers`);
  expect(stranger.status).toBe(401);
});

test("a key with a secret requires a credential for the list", async () => {
  const secret = "a secret of the operator";
  await using signaling = await openSignaling({ turn: TURN, secretKeys: new Map([[OTHER_KEY, secret]]) });
  const timestamp = Math.floor(signaling.clock.now() / 1000);
  const authToken = createHmac("sha256", secret).update(`${timestamp}:600:alice`).digest("base64");
  const credential = JSON.stringify({ timestamp, ttl: 600, authToken });
  const ask = (query: Record<string, string>) =>
    fetch(`${signaling.origin}/api/apikeys/${OTHER_KEY}/ice-servers?${new URLSearchParams(query)}`);

  expect((await ask({})).status).toBe(401);
  expect((await ask({ peerId: "bob", credential })).status).toBe(401);
  const { iceServers } = await (await ask({ peerId: "alice", credential })).json();
  expect(iceServers[0].username).toMatch(/:alice$/);
});
