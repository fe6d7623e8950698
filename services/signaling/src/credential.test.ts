import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { parseCredential, verifyCredential } from "./credential.ts";
import { PeerId } from "./ids.ts";

const SECRET = "the secret of the key";
const ALICE = PeerId.parse("alice");
const NOW_MS = 1_800_000_000_500;
const NOW_S = 1_800_000_000;

function credential({ timestamp = NOW_S, ttl = 600, peerId = "alice", secret = SECRET } = {}) {
  const authToken = createHmac("sha256", secret).update(`${timestamp}:${ttl}:${peerId}`).digest("base64");
  return { timestamp, ttl, authToken };
}

test("a credential for the id is valid until timestamp + ttl", () => {
  expect(verifyCredential(credential(), ALICE, SECRET, NOW_MS)).toBe((NOW_S + 600) * 1000);
  expect(verifyCredential(credential({ ttl: 90_000 }), ALICE, SECRET, NOW_MS)).toBe((NOW_S + 90_000) * 1000);
});

test.each([
  ["missing", undefined],
  ["for another id", credential({ peerId: "bob" })],
  ["signed with another secret", credential({ secret: "a guess" })],
  ["expired", credential({ timestamp: NOW_S - 600 })],
  ["from the future", credential({ timestamp: NOW_S + 120 })],
  ["too short-lived", credential({ ttl: 599 })],
  ["too long-lived", credential({ ttl: 90_001 })],
  ["truncated", { ...credential(), authToken: credential().authToken.slice(0, 20) }],
  ["without a token", { ...credential(), authToken: "" }],
  ["of wrong types", { timestamp: String(NOW_S), ttl: "600", authToken: 5 }],
])("a credential that is %s is refused", (_, bad) => {
  expect(() => verifyCredential(bad, ALICE, SECRET, NOW_MS)).toThrow(
    expect.objectContaining({ code: "AUTHENTICATION" }),
  );
});

test("a credential is read from a query, even if skyway-js encoded it twice", () => {
  const text = JSON.stringify(credential());

  expect(parseCredential(text)).toEqual(credential());
  expect(parseCredential(encodeURIComponent(text))).toEqual(credential());
  expect(parseCredential("%")).toBeUndefined();
  expect(parseCredential(undefined)).toBeUndefined();
});
