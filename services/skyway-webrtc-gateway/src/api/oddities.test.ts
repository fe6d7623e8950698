import { connect } from "node:net";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { sendRaw } from "../testing/rawHttp.ts";
import { openPeer, type RecorderPeer } from "../testing/recorderPeer.ts";
import { BODY_LIMIT_BYTES } from "./server.ts";

let gateway: TestGateway;
let peer: RecorderPeer;

beforeAll(async () => {
  gateway = await TestGateway.open();
  peer = await openPeer(gateway);
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** Fails only in the last step, so that 403 shows that the body was read. */
const TAKEN_PEER = JSON.stringify({ key: KEY, domain: "localhost", peer_id: "TestRecorder" });
const statusPath = (): string => `/peers/${peer.id}/status?token=${peer.token}`;

describe("a body is parsed as JSON whatever its headers are", () => {
  test.each([
    "Content-Type: application/x-www-form-urlencoded\r\n",
    "Content-Type: application/json; charset=utf-8\r\n",
    "Content-Type: text/plain\r\n",
    "Content-Type: nonsense\r\n",
    "Content-Type:\r\n",
    "",
  ])("%j", async (header) => {
    const length = Buffer.byteLength(TAKEN_PEER);
    const request = `POST /peers HTTP/1.1\r\nHost: x\r\n${header}Content-Length: ${length}\r\n\r\n${TAKEN_PEER}`;
    expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("in chunks", async () => {
    const chunk = `${Buffer.byteLength(TAKEN_PEER).toString(16)}\r\n${TAKEN_PEER}\r\n0\r\n\r\n`;
    const request = `POST /peers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
    expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("after a byte order mark", async () => {
    expect((await gateway.post("/peers", `\uFEFF${TAKEN_PEER}`)).status).toBe(403);
  });

  test("with unknown fields, and null for omitted fields", async () => {
    const body = { ...JSON.parse(TAKEN_PEER), colour: "red", turn: null, credential: null };
    expect((await gateway.post("/peers", body)).status).toBe(403);
  });
});

describe("an empty body", () => {
  test("without a Content-Length, as sent by the Rust client, is an empty object", async () => {
    const answer = await sendRaw(gateway.port, "POST /media/rtcp HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  });

  test.each(["", "{}"])("%j on an operation with required fields reports them", async (body) => {
    const { status, body: errors } = await gateway.post("/peers", body);
    expect(status).toBe(400);
    expect(errors).toEqual({
      command_type: "PEERS_CREATE",
      params: {
        errors: [
          { field: "key", message: "key field is not specified" },
          { field: "domain", message: "domain field is not specified" },
        ],
      },
    });
  });
});

describe("requests as real clients send them", () => {
  test("with a trailing question mark, a trailing slash, and additional parameters", async () => {
    expect((await gateway.post("/peers?", TAKEN_PEER)).status).toBe(403);
    expect((await gateway.post("/peers/", TAKEN_PEER)).status).toBe(403);
    expect((await gateway.get(`${statusPath()}&peer_id=${peer.id}&x=1`)).status).toBe(200);
    const path = `/media/connections/mc-none/status?peer_id=${peer.id}&token=${peer.token}`;
    expect((await gateway.get(path)).status).toBe(404);
  });

  test.each(['{"a":1}', "{not json", ""])("DELETE with the body %j", async (body) => {
    const spare = await openPeer(gateway, "Spare");
    const path = `/peers/${spare.id}?token=${spare.token}`;
    expect((await gateway.request("DELETE", path, body)).status).toBe(204);
  });

  test("GET with a body", async () => {
    const request = `GET ${statusPath()} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
    expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("with HTTP/1.0, and several on one connection", async () => {
    expect(await sendRaw(gateway.port, `GET ${statusPath()} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    const one = `GET ${statusPath()} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const both = await sendRaw(gateway.port, one + one, (answer) => answer.split("HTTP/1.1 200 ").length === 3);
    expect(both.split("HTTP/1.1 200 ")).toHaveLength(3);
  });

  test.each([
    ["*/*", 200],
    ["application/json, text/plain, */*", 200],
    ["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", 200],
    ["text/html", 406],
    ["application/json;q=0", 406],
  ])("Accept: %s returns %i", async (accept, expected) => {
    const response = await gateway.request("GET", statusPath(), undefined, { headers: { accept } });
    expect(response.status).toBe(expected);
  });
});

describe("every response has exactly the content type application/json", () => {
  const requests: [method: string, path: () => string, status: number][] = [
    ["GET", statusPath, 200],
    ["POST", () => "/peers", 400],
    ["GET", () => `/peers/${peer.id}/status`, 400],
    ["GET", () => `/peers/${peer.id}/status?token=x`, 403],
    ["GET", () => "/peers/nobody/status?token=x", 404],
    ["GET", () => "/nowhere", 404],
    ["PATCH", () => "/peers", 405],
    ["POST", () => "/data/connections", 400],
    ["GET", () => "/health", 200],
  ];

  test.each(requests)("%s %s %i", async (method, path, expected) => {
    const { status, headers, body } = await gateway.request(method, path());
    expect(status).toBe(expected);
    expect(headers.get("content-type")).toBe("application/json");
    if (expected >= 400) expect(body.params.errors[0].message).toEqual(expect.any(String));
  });

  test("HEAD on an event path consumes no event", async () => {
    const spare = await openPeer(gateway, "Spare");
    expect((await gateway.request("HEAD", spare.events)).status).toBe(405);
    await gateway.request("DELETE", `/peers/${spare.id}?token=${spare.token}`);
    expect((await gateway.get(spare.events)).body.event).toBe("CLOSE");
  });
});

describe("invalid requests return an error, and do no harm", () => {
  test.each(["{", "[1,", "nonsense", '{"key":}', "\u0000"])("malformed JSON %j", async (body) => {
    const response = await gateway.post("/peers", body);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ command_type: "PEERS_CREATE", params: { errors: [{ field: "body" }] } });
  });

  test.each(["[]", "5", '"text"', "true", "null"])("JSON that is not an object: %s", async (body) => {
    expect((await gateway.post("/peers", body)).status).toBe(400);
  });

  test("a body that is too large, with or without Content-Length", async () => {
    const huge = JSON.stringify({ ...JSON.parse(TAKEN_PEER), metadata: "x".repeat(20 * BODY_LIMIT_BYTES) });
    const response = await gateway.post("/peers", huge);
    expect([response.status, response.body.command_type]).toEqual([413, "PEERS_CREATE"]);
    const chunk = `${Buffer.byteLength(huge).toString(16)}\r\n${huge}\r\n0\r\n\r\n`;
    const request = `POST /peers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
    expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    ["data that is not HTTP", "hello\r\n\r\n", 400],
    ["a path that cannot be decoded", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["endless headers", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(100_000)}\r\n\r\n`, 431],
    ["an endless id", `GET /peers/${"x".repeat(5_000)}/status?token=y HTTP/1.1\r\nHost: x\r\n\r\n`, 404],
    ["an invalid Content-Length", "POST /peers HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400],
  ])("%s", async (_, request, expected) => {
    const answer = await sendRaw(gateway.port, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${expected} `));
    expect(answer).toMatch(/content-type: application\/json\r\n/i);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "").params.errors).toHaveLength(1);
  });

  test("the gateway is healthy afterwards", async () => {
    const { status, body } = await gateway.get("/health");
    const rest = { calls: 0, published_port: gateway.mediaPort };
    expect([status, body]).toEqual([200, { status: "ok", peers: { open: 1, disconnected: 0 }, ...rest }]);
  });
});

test("a disconnected poller consumes no event", async () => {
  const spare = await openPeer(gateway, "Spare");
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write(`GET ${spare.events} HTTP/1.1\r\nHost: x\r\nUser-Agent: node\r\n\r\n`);
  // Answered only after the preceding poll on the same connection.
  await waitFor("the poll", async () => (await gateway.get("/health")).status === 200);
  socket.destroy();
  using caller = await Caller.open(gateway, "alice", ["audio"]);
  caller.call(spare.id);
  expect((await gateway.get(spare.events)).body.event).toBe("CALL");
});
