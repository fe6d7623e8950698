import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { openPeer } from "../testing/recorderPeer.ts";

const PEER_TOKEN = /^pt-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await TestGateway.open();
});

afterEach(() => gateway[Symbol.asyncDispose]());

const create = (more: object = {}) =>
  gateway.post("/peers", { key: KEY, domain: "localhost", turn: true, peer_id: "TestRecorder", ...more });

describe("POST /peers", () => {
  test("registers the peer, followed by OPEN", async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toEqual({
      command_type: "PEERS_CREATE",
      params: { peer_id: "TestRecorder", token: expect.stringMatching(PEER_TOKEN) },
    });
    const { token } = body.params;
    const query = `?token=${token}`;
    expect((await gateway.get(`/peers/TestRecorder/events${query}`)).body).toEqual({
      event: "OPEN",
      params: { peer_id: "TestRecorder", token },
    });
    expect((await gateway.get(`/peers/TestRecorder/status${query}`)).body).toEqual({
      peer_id: "TestRecorder",
      disconnected: false,
    });
  });

  test("generates an id if the request has none", async () => {
    const { body } = await create({ peer_id: undefined });
    const { peer_id, token } = body.params;
    expect(peer_id).toMatch(/^[A-Za-z0-9]{16}$/);
    expect((await gateway.get(`/peers/${peer_id}/status?token=${token}`)).status).toBe(200);
  });

  test("accepts ids that must be encoded in paths", async () => {
    const peer = await openPeer(gateway, "a+b c");
    const path = `/peers/${encodeURIComponent("a+b c")}/status?token=${peer.token}`;
    expect((await gateway.get(path)).body.peer_id).toBe("a+b c");
  });

  test("rejects an id that is in use, here or by another client, and an unknown key", async () => {
    await create();
    using other = await Caller.open(gateway, "alice");
    const refused = [await create(), await create({ peer_id: "alice" }), await create({ key: KEY.replace("0", "1") })];
    expect(other.socket.connected).toBe(true);
    for (const { status, body } of refused) {
      expect(status).toBe(403);
      expect(body.command_type).toBe("PEERS_CREATE");
    }
    expect(refused.map(({ body }) => body.params.errors[0].field)).toEqual(["peer_id", "peer_id", "key"]);
  });

  test("registers an id only once for two concurrent requests", async () => {
    const statuses = (await Promise.all([create(), create(), create()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 403, 403]);
  });

  test("reports that signalling cannot be reached, and works when it is back", async () => {
    const bringBack = await gateway.stopSignaling();
    const { status, body } = await create();
    expect(status).toBe(403);
    expect(body.params.errors[0].message).toContain("Signalling cannot be reached");
    await bringBack();
    expect((await create()).status).toBe(201);
  });

  test("times out if signalling does not respond", async () => {
    const { port } = new URL(gateway.signalingOrigin);
    const bringBack = await gateway.stopSignaling();
    const mute = createServer((socket) => socket.resume()).listen(Number(port), "127.0.0.1");
    expect((await create()).status).toBe(403);
    await new Promise((resolve) => mute.close(resolve));
    await bringBack();
  });
});

describe("a peer", () => {
  test("reconnects to signalling with the same id, also a generated one, without a second OPEN", async () => {
    const { body } = await create({ peer_id: undefined });
    const { peer_id, token } = body.params;
    const events = `/peers/${peer_id}/events?token=${token}`;
    await gateway.get(events);
    const status = async () => (await gateway.get(`/peers/${peer_id}/status?token=${token}`)).body.disconnected;

    const bringBack = await gateway.stopSignaling();
    await waitFor("disconnected", status);
    await bringBack();
    await waitFor("reconnected", async () => !(await status()), 10_000);

    const exists = await fetch(`${gateway.signalingOrigin}/api/apikeys/${KEY}/peers/${peer_id}/exists`);
    expect(await exists.json()).toEqual({ exists: true });
    using caller = await Caller.open(gateway, "alice", ["audio"]);
    const next = gateway.get(events);
    caller.call(peer_id);
    expect((await next).body.event).toBe("CALL");
  });

  test("that is deleted delivers CLOSE once, is then unknown, and releases its id", async () => {
    const peer = await openPeer(gateway);
    const remove = () => gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`);

    const { status, body } = await remove();
    expect([status, body]).toEqual([204, undefined]);

    expect((await gateway.get(`/peers/${peer.id}/status?token=${peer.token}`)).status).toBe(404);
    expect((await remove()).status).toBe(404);
    expect((await gateway.get(peer.events)).body).toEqual({
      event: "CLOSE",
      params: { peer_id: peer.id, token: peer.token },
    });
    const gone = await gateway.get(peer.events);
    expect([gone.status, gone.body.command_type]).toEqual([404, "PEERS_EVENTS"]);
    const again = await openPeer(gateway);
    expect(again.token).not.toBe(peer.token);
    expect((await gateway.get(peer.events)).status).toBe(403);
  });

  test("is not accessible without its token", async () => {
    const peer = await openPeer(gateway);
    const other = await openPeer(gateway, "Other");
    for (const path of ["events", "status"]) {
      const { status, body } = await gateway.get(`/peers/${peer.id}/${path}?token=${other.token}`);
      expect(status).toBe(403);
      expect(body.params.errors[0].field).toBe("token");
    }
    expect((await gateway.request("DELETE", `/peers/${peer.id}?token=${other.token}`)).status).toBe(403);
    expect((await gateway.get(`/peers/nobody/status?token=${peer.token}`)).status).toBe(404);
  });
});

describe("credentials", () => {
  const SECRET = "a secret of the operator";

  function credential(peerId: string, { age = 0, ttl = 600 } = {}) {
    const timestamp = Math.floor(Date.now() / 1000) - age;
    const authToken = createHmac("sha256", SECRET).update(`${timestamp}:${ttl}:${peerId}`).digest("base64");
    return { timestamp, ttl, authToken };
  }

  test("admit a peer, are announced before they expire, and can be renewed", async () => {
    await using guarded = await TestGateway.open({ secret: SECRET });
    const attempt = (credential?: object) =>
      guarded.post("/peers", { key: KEY, domain: "localhost", peer_id: "TestRecorder", credential });
    const statuses = [await attempt(), await attempt(credential("Somebody"))].map(({ status }) => status);
    expect(statuses).toEqual([403, 403]);

    const { status, body } = await attempt(credential("TestRecorder", { age: 299 }));
    expect(status).toBe(201);
    const { token } = body.params;
    const events = `/peers/TestRecorder/events?token=${token}`;
    expect((await guarded.get(events)).body.event).toBe("OPEN");
    const warning = (await guarded.get(events)).body;
    expect(warning).toEqual({ event: "EXPIRESIN", params: body.params, remainingSec: expect.any(Number) });
    expect(Math.abs(warning.remainingSec - 300)).toBeLessThan(3);

    const renewed = credential("TestRecorder");
    const put = await guarded.request("PUT", `/peers/TestRecorder/credential?token=${token}`, renewed);
    expect(put.status).toBe(200);
    expect(put.body).toEqual({ command_type: "PEERS_CREDENTIAL_UPDATE", params: { credential: renewed } });
  });

  test("are ignored for a key that does not require them", async () => {
    const peer = await openPeer(gateway);
    const path = `/peers/${peer.id}/credential?token=${peer.token}`;
    expect((await gateway.request("PUT", path, credential(peer.id))).status).toBe(200);
    expect((await gateway.get(`/peers/${peer.id}/status?token=${peer.token}`)).body.disconnected).toBe(false);
  });
});
