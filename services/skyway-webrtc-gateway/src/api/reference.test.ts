import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Response } from "../testing/apiClient.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { LeapingClock } from "../testing/leapingClock.ts";
import { sendRaw } from "../testing/rawHttp.ts";
import { RECEIVE_ONLY } from "../testing/recorderPeer.ts";
import { RequestValues } from "../testing/requestValues.ts";

/** The official reference (0.4.3): each endpoint, with each status that it documents. */

interface Request {
  /** `RequestValues` creates the values for placeholders in braces. */
  request?: string;
  body?: unknown;
}

/** How much to skip on the gateway's clock. */
const STEP_INTERVAL_MS = 5;
const STEP_MS = 1_000;

/** Documented, but never returned: knowing a connection's id is sufficient to use it. */
const ID_IS_ENOUGH = "the id is sufficient";

interface Endpoint {
  /** The request that succeeds; the others are variants of it. */
  request: string;
  body?: unknown;
  command: string;
  succeeds: readonly [status: number, body: unknown];
  /** Default: a path that cannot be decoded. */
  invalid?: Request;
  forbidden?: Request | typeof ID_IS_ENOUGH;
  unknown?: Request;
  /** The request that times out without an event. */
  waits?: string;
  /** From the reference. */
  documented: string;
}

const UNKNOWN_UUID = "00000000-0000-4000-8000-00000000dead";
const CREDENTIAL = { timestamp: 1_582_789_414, ttl: 3_600, authToken: "jfdcSAe2kaj/i7/IO5MEvJA7JecVimAOb48WgLhJux4=" };
const ADDRESS = { ip_v4: "127.0.0.1", port: 5004 };
const PEER = { key: KEY, domain: "localhost", peer_id: "{freeId}" };
const CALL = { peer_id: "{peer}", token: "{token}", target_id: "silent", constraints: RECEIVE_ONLY };
const CONNECT = { peer_id: "{peer}", token: "{token}", target_id: "silent", params: {} };
const MALFORMED = { body: "{" };
const MC = "/media/connections";
const DC = "/data/connections";
const id = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}-.{36}$`));
const port = { port: expect.any(Number), ip_v4: "127.0.0.1" };
const EVERY = "400 403 404 405 406 408";

const ENDPOINTS: Endpoint[] = [
  {
    request: "POST /peers",
    body: PEER,
    command: "PEERS_CREATE",
    succeeds: [201, { command_type: "PEERS_CREATE", params: { peer_id: expect.any(String), token: id("pt") } }],
    invalid: { body: { domain: "localhost" } },
    forbidden: { body: { ...PEER, key: "11111111-1111-4111-8111-111111111111" } },
    documented: "201 400 403 405 406 408",
  },
  {
    request: "DELETE /peers/{freshPeer}?token={freshToken}",
    command: "PEERS_DELETE",
    succeeds: [204, undefined],
    invalid: { request: "DELETE /peers/{peer}" },
    forbidden: { request: "DELETE /peers/{peer}?token=pt-x" },
    unknown: { request: "DELETE /peers/nobody?token={token}" },
    documented: `204 ${EVERY}`,
  },
  {
    request: "PUT /peers/{peer}/credential?token={token}",
    body: CREDENTIAL,
    command: "PEERS_CREDENTIAL_UPDATE",
    succeeds: [200, { command_type: "PEERS_CREDENTIAL_UPDATE", params: { credential: CREDENTIAL } }],
    invalid: { body: { ...CREDENTIAL, timestamp: "now" } },
    forbidden: { request: "PUT /peers/{peer}/credential?token=pt-x" },
    unknown: { request: "PUT /peers/nobody/credential?token={token}" },
    documented: "200 400 403 404",
  },
  {
    request: "GET /peers/{freshPeer}/events?token={freshToken}",
    command: "PEERS_EVENTS",
    succeeds: [200, { event: "OPEN", params: { peer_id: expect.any(String), token: id("pt") } }],
    invalid: { request: "GET /peers/{peer}/events" },
    forbidden: { request: "GET /peers/{peer}/events?token=pt-x" },
    unknown: { request: "GET /peers/nobody/events?token={token}" },
    waits: "GET /peers/{peer}/events?token={token}",
    documented: `200 ${EVERY}`,
  },
  {
    request: "GET /peers/{peer}/status?token={token}",
    command: "PEERS_STATUS",
    succeeds: [200, { peer_id: "TestRecorder", disconnected: false }],
    invalid: { request: "GET /peers/{peer}/status" },
    forbidden: { request: "GET /peers/{peer}/status?token=pt-x" },
    unknown: { request: "GET /peers/nobody/status?token={token}" },
    documented: `200 ${EVERY}`,
  },
  {
    request: "POST /data",
    body: {},
    command: "DATA_CREATE",
    succeeds: [201, { data_id: id("da"), ...port }],
    invalid: MALFORMED,
    documented: "201 400 405 406 408",
  },
  {
    request: "DELETE /data/{data}",
    command: "DATA_DELETE",
    succeeds: [204, undefined],
    forbidden: { request: "DELETE /data/{usedData}" },
    unknown: { request: `DELETE /data/da-${UNKNOWN_UUID}` },
    documented: `204 ${EVERY}`,
  },
  {
    request: `POST ${DC}`,
    body: CONNECT,
    command: "DATA_CONNECTION_CREATE",
    succeeds: [202, { command_type: "DATA_CONNECTION_CREATE", params: { data_connection_id: id("dc") } }],
    invalid: { body: { ...CONNECT, target_id: undefined } },
    forbidden: { body: { ...CONNECT, token: "pt-x" } },
    unknown: { body: { ...CONNECT, params: { data_id: `da-${UNKNOWN_UUID}` } } },
    documented: `202 ${EVERY}`,
  },
  {
    request: `DELETE ${DC}/{connecting}`,
    command: "DATA_CONNECTION_DELETE",
    succeeds: [204, undefined],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `DELETE ${DC}/dc-${UNKNOWN_UUID}` },
    documented: `204 ${EVERY}`,
  },
  {
    request: `PUT ${DC}/{connecting}`,
    body: { feed_params: { data_id: "{data}" }, redirect_params: ADDRESS },
    command: "DATA_CONNECTION_PUT",
    succeeds: [200, { command_type: "DATA_CONNECTION_PUT", data_id: id("da") }],
    invalid: { body: { redirect_params: { port: 5004 } } },
    forbidden: { request: `PUT ${DC}/{refusedConnection}` },
    unknown: { body: { feed_params: { data_id: `da-${UNKNOWN_UUID}` } } },
    documented: `200 ${EVERY}`,
  },
  {
    request: `GET ${DC}/{refusedConnection}/events`,
    command: "DATA_CONNECTION_EVENTS",
    succeeds: [200, { event: "CLOSE" }],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `GET ${DC}/dc-${UNKNOWN_UUID}/events` },
    waits: `GET ${DC}/{connecting}/events`,
    documented: `200 ${EVERY}`,
  },
  {
    request: `GET ${DC}/{connecting}/status`,
    command: "DATA_CONNECTION_STATUS",
    succeeds: [
      200,
      {
        remote_id: "silent",
        buffersize: 0,
        label: expect.any(String),
        metadata: "",
        open: false,
        reliable: false,
        serialization: "BINARY",
        type: "DATA",
      },
    ],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `GET ${DC}/dc-${UNKNOWN_UUID}/status` },
    documented: `200 ${EVERY}`,
  },
  {
    request: "POST /media",
    body: { is_video: true },
    command: "MEDIA_CREATE",
    succeeds: [201, { media_id: id("vi"), ...port }],
    invalid: { body: { is_video: 1 } },
    documented: "201 400 405 406 408",
  },
  {
    request: "DELETE /media/{video}",
    command: "MEDIA_DELETE",
    succeeds: [204, undefined],
    forbidden: { request: "DELETE /media/{usedVideo}" },
    unknown: { request: `DELETE /media/vi-${UNKNOWN_UUID}` },
    documented: `204 ${EVERY}`,
  },
  {
    request: "POST /media/rtcp",
    body: {},
    command: "RTCP_CREATE",
    succeeds: [201, { rtcp_id: id("rc"), ...port }],
    invalid: MALFORMED,
    documented: "201 400 405 406 408",
  },
  {
    request: "DELETE /media/rtcp/{rtcp}",
    command: "RTCP_DELETE",
    succeeds: [204, undefined],
    forbidden: { request: "DELETE /media/rtcp/{usedRtcp}" },
    unknown: { request: `DELETE /media/rtcp/rc-${UNKNOWN_UUID}` },
    documented: `204 ${EVERY}`,
  },
  {
    request: `POST ${MC}`,
    body: CALL,
    command: "MEDIA_CONNECTION_CREATE",
    succeeds: [202, { command_type: "MEDIA_CONNECTION_CREATE", params: { media_connection_id: id("mc") } }],
    invalid: { body: { ...CALL, constraints: undefined } },
    forbidden: { body: { ...CALL, token: "pt-x" } },
    unknown: { body: { ...CALL, peer_id: "nobody" } },
    documented: `202 ${EVERY}`,
  },
  {
    request: `DELETE ${MC}/{dialled}`,
    command: "MEDIA_CONNECTION_DELETE",
    succeeds: [204, undefined],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `DELETE ${MC}/mc-${UNKNOWN_UUID}` },
    documented: `204 ${EVERY}`,
  },
  {
    request: `POST ${MC}/{ringing}/answer`,
    body: { constraints: RECEIVE_ONLY, redirect_params: { video: ADDRESS } },
    command: "MEDIA_CONNECTION_ANSWER",
    succeeds: [202, { command_type: "MEDIA_CONNECTION_ANSWER", params: {} }],
    invalid: { body: { constraints: RECEIVE_ONLY, redirect_params: { video: { ip_v4: "::1", port: 5004 } } } },
    forbidden: { request: `POST ${MC}/{answered}/answer` },
    unknown: { request: `POST ${MC}/mc-${UNKNOWN_UUID}/answer` },
    documented: `202 ${EVERY}`,
  },
  {
    request: `POST ${MC}/{answered}/pli`,
    body: ADDRESS,
    command: "MEDIA_CONNECTION_PLI",
    succeeds: [201, {}],
    invalid: { body: { port: 5004 } },
    forbidden: { request: `POST ${MC}/{ringing}/pli` },
    unknown: { request: `POST ${MC}/mc-${UNKNOWN_UUID}/pli` },
    documented: `201 ${EVERY}`,
  },
  {
    request: `GET ${MC}/{refusedCall}/events`,
    command: "MEDIA_CONNECTION_EVENTS",
    succeeds: [200, { event: "CLOSE" }],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `GET ${MC}/mc-${UNKNOWN_UUID}/events` },
    waits: `GET ${MC}/{dialled}/events`,
    documented: `200 ${EVERY}`,
  },
  {
    request: `GET ${MC}/{dialled}/status`,
    command: "MEDIA_CONNECTION_STATUS",
    succeeds: [200, { remote_id: "silent", metadata: "", open: false }],
    forbidden: ID_IS_ENOUGH,
    unknown: { request: `GET ${MC}/mc-${UNKNOWN_UUID}/status` },
    documented: `200 ${EVERY}`,
  },
];

let clock: LeapingClock;
let gateway: TestGateway;
let requestValues: RequestValues;

beforeAll(async () => {
  clock = new LeapingClock();
  gateway = await TestGateway.open({ clock });
  requestValues = await RequestValues.open(gateway);
});
afterAll(async () => {
  await requestValues?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
});

test("the reference has 22 endpoints", () => {
  expect(new Set(ENDPOINTS.map(({ request }) => request.split("?")[0])).size).toBe(22);
});

describe.each(ENDPOINTS.map((endpoint) => [endpoint.request, endpoint] as const))("%s", (_, endpoint) => {
  const [method = "", path = ""] = endpoint.request.split(" ");
  const documents = (status: number) => endpoint.documented.split(" ").includes(String(status));
  const [success, body] = endpoint.succeeds;

  test(`${success}`, async () => {
    expect(documents(success)).toBe(true);
    const response = await ask(endpoint);
    expect([response.status, response.body]).toEqual([success, body]);
  });

  test.runIf(documents(400))("400", async () => {
    const undecodable = { request: `${method} ${path.replace(/\{\w+\}/, "%zz")}` };
    expectError(await ask({ ...endpoint, ...(endpoint.invalid ?? undecodable) }), 400, endpoint.command);
  });

  const { forbidden, unknown } = endpoint;
  test.runIf(documents(403) && forbidden !== ID_IS_ENOUGH)("403", async () => {
    expectError(await ask({ ...endpoint, ...(forbidden as Request) }), 403, endpoint.command);
  });

  test.runIf(documents(404))("404", async () => {
    expect(unknown).toBeDefined();
    expectError(await ask({ ...endpoint, ...unknown }), 404, endpoint.command);
  });

  test("405", async () => {
    const response = await ask({ ...endpoint, request: `PATCH ${path}` });
    expect([response.status, response.headers.get("allow")?.split(", ").includes(method)]).toEqual([405, true]);
    // The body names the path's first operation, because an unsupported method has none.
    expect(response.body.params.errors).toHaveLength(1);
  });

  test("406", async () => {
    expectError(await ask(endpoint, { headers: { accept: "text/html" } }), 406, endpoint.command);
  });

  test("408", async () => {
    const passing = setInterval(() => clock.leap(STEP_MS), STEP_INTERVAL_MS);
    try {
      if (endpoint.waits) expectError(await ask({ request: endpoint.waits }), 408, endpoint.command);
      else if (method === "GET") await expectHeadersAwaited(await requestValues.fill(path));
      else await expectBodyAwaited(method, await requestValues.fill(path), endpoint.command);
    } finally {
      clearInterval(passing);
    }
  });
});

async function expectBodyAwaited(method: string, path: string, command: string): Promise<void> {
  const half = `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`;
  const [head = "", body = ""] = (await sendRaw(gateway.port, half)).split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1\.1 408 /);
  expect(JSON.parse(body)).toMatchObject({ command_type: command, params: { errors: [{ field: "" }] } });
}

/** Incomplete headers belong to no operation, and Node measures the time. */
async function expectHeadersAwaited(path: string): Promise<void> {
  const { headersTimeout } = gateway.server;
  gateway.server.headersTimeout = 100;
  try {
    const [head = "", body = ""] = (await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\n`)).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(body)).toMatchObject({ command_type: "UNKNOWN", params: { errors: [{ field: "" }] } });
  } finally {
    gateway.server.headersTimeout = headersTimeout;
  }
}

async function ask({ request, body }: Required<Pick<Request, "request">> & Request, init?: RequestInit) {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  // Filled together, so that both use the same values.
  const [target = "", filled = ""] = (await requestValues.fill(`${request}\n${text ?? ""}`)).split("\n");
  const [method = "", path = ""] = target.split(" ");
  return gateway.request(method, path, text === undefined ? undefined : filled, init);
}

function expectError({ status, headers, body }: Response, expected: number, command: string): void {
  expect([status, body]).toEqual([
    expected,
    { command_type: command, params: { errors: expect.arrayContaining([expect.anything()]) } },
  ]);
  for (const error of body.params.errors)
    expect(error).toEqual({ field: expect.any(String), message: expect.any(String) });
  expect(headers.get("content-type")).toBe("application/json");
}
