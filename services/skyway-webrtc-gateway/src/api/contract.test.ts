import { readdirSync } from "node:fs";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { POLL_TIMEOUT_MS } from "../events/eventStream.ts";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { LeapingClock } from "../testing/leapingClock.ts";
import { nextCall, openPeer, RECEIVE_ONLY, type RecorderPeer } from "../testing/recorderPeer.ts";
import { OPERATIONS } from "./operations.ts";

/** More than this test takes: that time passes, too. */
const REAL_TIME_MS = 10_000;

/** Invalid requests and their error messages. For each status of the reference, see `reference.test.ts`. */

const UNKNOWN_UUID = "00000000-0000-4000-8000-00000000dead";
const peerFields = { key: KEY, domain: "localhost", peer_id: "TestRecorder" };
const credential = { timestamp: 1_582_789_414, ttl: 3600, authToken: "jfdcSAe2kaj/i7/IO5MEvJA7JecVimAOb48WgLhJux4=" };
const redirect = (address: unknown) => ({ constraints: RECEIVE_ONLY, redirect_params: { video: address } });

/** `{peer}`, `{token}` and `{mc}` (a ringing call) are replaced in paths. */
interface Row {
  request: string;
  body?: unknown;
  status: number;
  command: string;
  /** The first error's field and message; a string is only the message. */
  expects?: string | [field: string, message: string];
}

const PEERS: Row[] = [
  {
    request: "POST /peers",
    body: { ...peerFields, key: undefined },
    status: 400,
    command: "PEERS_CREATE",
    expects: ["key", "key field is not specified"],
  },
  {
    request: "POST /peers",
    body: { ...peerFields, domain: undefined },
    status: 400,
    command: "PEERS_CREATE",
    expects: ["domain", "domain field is not specified"],
  },
  { request: "POST /peers", body: { ...peerFields, key: 5 }, status: 400, command: "PEERS_CREATE" },
  { request: "POST /peers", body: { ...peerFields, turn: "yes" }, status: 400, command: "PEERS_CREATE" },
  { request: "POST /peers", body: { ...peerFields, peer_id: "../../etc" }, status: 400, command: "PEERS_CREATE" },
  {
    request: "POST /peers",
    body: { ...peerFields, credential: { ...credential, timestamp: "now" } },
    status: 400,
    command: "PEERS_CREATE",
    expects: ["credential", "timestamp is non-integer value"],
  },
  {
    request: "POST /peers",
    body: { ...peerFields, credential: { ...credential, ttl: 599 } },
    status: 400,
    command: "PEERS_CREATE",
  },
  {
    request: "POST /peers",
    body: { ...peerFields, peer_id: undefined, credential },
    status: 400,
    command: "PEERS_CREATE",
    expects: ["peer_id", "peer_id field is not specified"],
  },
  { request: "POST /peers", body: peerFields, status: 403, command: "PEERS_CREATE" },
  { request: "GET /peers", status: 405, command: "PEERS_CREATE" },
  {
    request: "DELETE /peers/{peer}",
    status: 400,
    command: "PEERS_DELETE",
    expects: ["token", "token field is not specified"],
  },
  { request: "DELETE /peers/{peer}?token=pt-x", status: 403, command: "PEERS_DELETE" },
  { request: "DELETE /peers/nobody?token={token}", status: 404, command: "PEERS_DELETE" },
  { request: "GET /peers/{peer}?token={token}", status: 405, command: "PEERS_DELETE" },
  {
    request: "PUT /peers/{peer}/credential?token={token}",
    body: credential,
    status: 200,
    command: "PEERS_CREDENTIAL_UPDATE",
  },
  { request: "PUT /peers/{peer}/credential?token={token}", body: {}, status: 400, command: "PEERS_CREDENTIAL_UPDATE" },
  {
    request: "PUT /peers/{peer}/credential?token=pt-x",
    body: credential,
    status: 403,
    command: "PEERS_CREDENTIAL_UPDATE",
  },
  {
    request: "PUT /peers/nobody/credential?token={token}",
    body: credential,
    status: 404,
    command: "PEERS_CREDENTIAL_UPDATE",
  },
  { request: "GET /peers/{peer}/events", status: 400, command: "PEERS_EVENTS" },
  { request: "GET /peers/{peer}/events?token=pt-x", status: 403, command: "PEERS_EVENTS" },
  { request: "GET /peers/nobody/events?token={token}", status: 404, command: "PEERS_EVENTS" },
  { request: "POST /peers/{peer}/events?token={token}", status: 405, command: "PEERS_EVENTS" },
  { request: "GET /peers/{peer}/status", status: 400, command: "PEERS_STATUS" },
  { request: "GET /peers/{peer}/status?token=a&token=b", status: 400, command: "PEERS_STATUS" },
  { request: "GET /peers/{peer}/status?token=pt-x", status: 403, command: "PEERS_STATUS" },
  { request: "GET /peers/nobody/status?token={token}", status: 404, command: "PEERS_STATUS" },
];

const ANSWER = "POST /media/connections/{mc}/answer";
const PLI = "POST /media/connections/{mc}/pli";

const MEDIA_CONNECTIONS: Row[] = [
  {
    request: ANSWER,
    body: {},
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["constraints", "constraints field is not specified"],
  },
  {
    request: ANSWER,
    body: { constraints: { audio: false } },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["constraints", "video field is not specified"],
  },
  {
    request: ANSWER,
    body: { constraints: { ...RECEIVE_ONLY, audio: "no" } },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: { constraints: { ...RECEIVE_ONLY, video_params: {} } },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: { constraints: { ...RECEIVE_ONLY, video_params: { codec: "VP8", payload_type: 128 } } },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: { constraints: { ...RECEIVE_ONLY, audio_params: { codec: "AMR" } } },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "127.0.0.1" }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["redirect_params", "video.port field is not specified"],
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "127.0.0.1", port: "5000" }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["redirect_params", "video.port is non-integer value"],
  },
  { request: ANSWER, body: redirect({ ip_v4: "127.0.0.1", port: 0 }), status: 400, command: "MEDIA_CONNECTION_ANSWER" },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "127.0.0.1", port: 65_536 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "127.0.0.1", port: 50.5 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ port: 5000 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["redirect_params", "video.ip_v4 field is not specified"],
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "localhost", port: 5000 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "0.0.0.0", port: 5000 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ ip_v4: "999.1.1.1", port: 5000 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: redirect({ ip_v6: "127.0.0.1", port: 5000 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: `POST /media/connections/mc-${UNKNOWN_UUID}/answer`,
    body: { constraints: RECEIVE_ONLY },
    status: 404,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  { request: "GET /media/connections/{mc}/answer", status: 405, command: "MEDIA_CONNECTION_ANSWER" },
  {
    request: PLI,
    body: {},
    status: 400,
    command: "MEDIA_CONNECTION_PLI",
    expects: ["port", "port field is not specified"],
  },
  { request: PLI, body: { port: 5000 }, status: 400, command: "MEDIA_CONNECTION_PLI" },
  {
    request: PLI,
    body: { ip_v4: "127.0.0.1", port: 5000 },
    status: 403,
    command: "MEDIA_CONNECTION_PLI",
    expects: "The call has not been answered yet",
  },
  {
    request: `POST /media/connections/mc-${UNKNOWN_UUID}/pli`,
    body: { ip_v4: "127.0.0.1", port: 1 },
    status: 404,
    command: "MEDIA_CONNECTION_PLI",
  },
  {
    request: `DELETE /media/connections/mc-${UNKNOWN_UUID}`,
    status: 404,
    command: "MEDIA_CONNECTION_DELETE",
    expects: ["media_connection_id", "Nothing has this id"],
  },
  { request: "GET /media/connections/{mc}", status: 405, command: "MEDIA_CONNECTION_DELETE" },
  { request: `GET /media/connections/mc-${UNKNOWN_UUID}/events`, status: 404, command: "MEDIA_CONNECTION_EVENTS" },
  { request: "DELETE /media/connections/{mc}/events", status: 405, command: "MEDIA_CONNECTION_EVENTS" },
  { request: `GET /media/connections/mc-${UNKNOWN_UUID}/status`, status: 404, command: "MEDIA_CONNECTION_STATUS" },
  { request: "GET /media/connections/nonsense/status", status: 404, command: "MEDIA_CONNECTION_STATUS" },
  { request: `GET /media/connections/mc-${UNKNOWN_UUID}/tracks`, status: 404, command: "MEDIA_CONNECTION_TRACKS" },
  {
    request: `PUT /media/connections/mc-${UNKNOWN_UUID}/redirects`,
    status: 404,
    command: "MEDIA_CONNECTION_REDIRECTS",
  },
];

const CONTENT: Row[] = [
  { request: "POST /data", body: {}, status: 201, command: "DATA_CREATE" },
  { request: "POST /data", status: 201, command: "DATA_CREATE" },
  { request: "GET /data", status: 405, command: "DATA_CREATE" },
  { request: `DELETE /data/da-${UNKNOWN_UUID}`, status: 404, command: "DATA_DELETE" },
  { request: "DELETE /data/nonsense", status: 404, command: "DATA_DELETE" },
  { request: `GET /data/da-${UNKNOWN_UUID}`, status: 405, command: "DATA_DELETE" },
  { request: "POST /media", body: { is_video: true }, status: 201, command: "MEDIA_CREATE" },
  { request: "POST /media", body: { is_video: false }, status: 201, command: "MEDIA_CREATE" },
  {
    request: "POST /media",
    body: {},
    status: 400,
    command: "MEDIA_CREATE",
    expects: ["is_video", "is_video field is not specified"],
  },
  { request: "POST /media", body: { is_video: "yes" }, status: 400, command: "MEDIA_CREATE" },
  { request: "GET /media", status: 405, command: "MEDIA_CREATE" },
  { request: `DELETE /media/vi-${UNKNOWN_UUID}`, status: 404, command: "MEDIA_DELETE" },
  { request: `DELETE /media/da-${UNKNOWN_UUID}`, status: 404, command: "MEDIA_DELETE" },
  { request: "POST /media/rtcp", body: {}, status: 201, command: "RTCP_CREATE" },
  { request: "POST /media/rtcp", status: 201, command: "RTCP_CREATE" },
  { request: "GET /media/rtcp", status: 405, command: "RTCP_CREATE" },
  { request: `DELETE /media/rtcp/rc-${UNKNOWN_UUID}`, status: 404, command: "RTCP_DELETE" },
  { request: "PUT /media/published_port", body: { port: 0 }, status: 400, command: "MEDIA_PUBLISHED_PORT" },
  { request: "PUT /media/published_port", body: { port: 40_003 }, status: 200, command: "MEDIA_PUBLISHED_PORT" },
  { request: "GET /media/published_port", status: 405, command: "MEDIA_PUBLISHED_PORT" },
];

const CONNECT = "POST /data/connections";
const DC = `/data/connections/dc-${UNKNOWN_UUID}`;
const connectFields = { peer_id: "{peer}", token: "{token}", target_id: "nobody", params: {} };
const dataCreated = { command: "DATA_CONNECTION_CREATE" };

const DATA_CONNECTIONS: Row[] = [
  { request: CONNECT, body: {}, status: 400, ...dataCreated, expects: ["peer_id", "peer_id field is not specified"] },
  ...(["token", "target_id", "params"] as const).map((field) => ({
    request: CONNECT,
    body: { ...connectFields, [field]: undefined },
    status: 400,
    ...dataCreated,
    expects: [field, `${field} field is not specified`] as [string, string],
  })),
  { request: CONNECT, body: { ...connectFields, options: { serialization: "XML" } }, status: 400, ...dataCreated },
  {
    request: CONNECT,
    body: { ...connectFields, options: { dcInit: { maxRetransmits: -1 } } },
    status: 400,
    ...dataCreated,
  },
  {
    request: CONNECT,
    body: { ...connectFields, redirect_params: { ip_v4: "example.org", port: 1 } },
    status: 400,
    ...dataCreated,
  },
  { request: CONNECT, body: { ...connectFields, token: "pt-x" }, status: 403, ...dataCreated },
  { request: CONNECT, body: { ...connectFields, peer_id: "nobody" }, status: 404, ...dataCreated },
  {
    request: CONNECT,
    body: { ...connectFields, params: { data_id: `da-${UNKNOWN_UUID}` } },
    status: 404,
    ...dataCreated,
  },
  { request: CONNECT, body: { ...connectFields, params: { data_id: "{video}" } }, status: 404, ...dataCreated },
  { request: "GET /data/connections", status: 405, ...dataCreated },
  { request: CONNECT, body: connectFields, status: 202, ...dataCreated },
  { request: `DELETE ${DC}`, status: 404, command: "DATA_CONNECTION_DELETE" },
  { request: `PUT ${DC}`, body: {}, status: 404, command: "DATA_CONNECTION_PUT" },
  { request: `POST ${DC}`, body: {}, status: 405, command: "DATA_CONNECTION_DELETE" },
  { request: `GET ${DC}/events`, status: 404, command: "DATA_CONNECTION_EVENTS" },
  { request: `POST ${DC}/events`, status: 405, command: "DATA_CONNECTION_EVENTS" },
  { request: `GET ${DC}/status`, status: 404, command: "DATA_CONNECTION_STATUS" },
  { request: `DELETE ${DC}/status`, status: 405, command: "DATA_CONNECTION_STATUS" },
];

const SENDING = { ...RECEIVE_ONLY, video: true };
const answerWith = (video_params: unknown) => ({ constraints: { ...SENDING, video_params } });
const CALL = "POST /media/connections";
const callFields = { peer_id: "{peer}", token: "{token}", target_id: "nobody", constraints: RECEIVE_ONLY };
const created = { command: "MEDIA_CONNECTION_CREATE" };

/** Calls that send media. */
const SENDERS: Row[] = [
  {
    request: ANSWER,
    body: { constraints: SENDING },
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["video_params", "video_params field is not specified"],
  },
  {
    request: ANSWER,
    body: answerWith({ codec: "VP8", band_width: 0 }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
    expects: ["video_params", "media_id field is not specified"],
  },
  ...[`vi-${UNKNOWN_UUID}`, `au-${UNKNOWN_UUID}`, "hoge", "{rtcp}", "{released}"].map((media_id) => ({
    request: ANSWER,
    body: answerWith({ codec: "VP8", band_width: 0, media_id }),
    status: 404,
    command: "MEDIA_CONNECTION_ANSWER",
  })),
  {
    request: ANSWER,
    body: answerWith({ codec: "VP8", band_width: 0, media_id: "{video}", rtcp_id: `rc-${UNKNOWN_UUID}` }),
    status: 404,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  {
    request: ANSWER,
    body: answerWith({ codec: "AV7", band_width: 0, media_id: "{video}" }),
    status: 400,
    command: "MEDIA_CONNECTION_ANSWER",
  },
  { request: CALL, body: {}, status: 400, ...created, expects: ["peer_id", "peer_id field is not specified"] },
  ...(["token", "target_id", "constraints"] as const).map((field) => ({
    request: CALL,
    body: { ...callFields, [field]: undefined },
    status: 400,
    ...created,
    expects: [field, `${field} field is not specified`] as [string, string],
  })),
  { request: CALL, body: { ...callFields, target_id: 5 }, status: 400, ...created },
  { request: CALL, body: { ...callFields, target_id: "x".repeat(1_000) }, status: 400, ...created },
  { request: CALL, body: { ...callFields, constraints: { audio: false, video: false } }, status: 400, ...created },
  { request: CALL, body: { ...callFields, redirect_params: { video: { port: 70_000 } } }, status: 400, ...created },
  { request: CALL, body: { ...callFields, constraints: SENDING }, status: 400, ...created },
  { request: CALL, body: { ...callFields, token: "pt-x" }, status: 403, ...created },
  { request: CALL, body: { ...callFields, peer_id: "nobody" }, status: 404, ...created },
  { request: "GET /media/connections", status: 405, ...created },
  { request: CALL, body: callFields, status: 202, ...created },
];

let gateway: TestGateway;
let peer: RecorderPeer;
let caller: Caller;
let connection: string;
let video: string;
let rtcp: string;
let released: string;

beforeAll(async () => {
  gateway = await TestGateway.open();
  peer = await openPeer(gateway);
  caller = await Caller.open(gateway, "alice");
  caller.call(peer.id);
  connection = await nextCall(gateway, peer);
  video = (await gateway.post("/media", { is_video: true })).body.media_id;
  rtcp = (await gateway.post("/media/rtcp")).body.rtcp_id;
  released = (await gateway.post("/media", { is_video: true })).body.media_id;
  await gateway.request("DELETE", `/media/${released}`);
});

afterAll(async () => {
  caller[Symbol.dispose]();
  await gateway[Symbol.asyncDispose]();
});

describe.each([
  ["peers", PEERS],
  ["media connections", MEDIA_CONNECTIONS],
  ["content ports", CONTENT],
  ["calls that send media", SENDERS],
  ["data connections", DATA_CONNECTIONS],
])("%s", (_, rows) => {
  test.each(rows.map((row) => [row.request, JSON.stringify(row.body) ?? "", row.status, row] as const))(
    "%s %s → %i",
    async (request, _body, expected, { body, command, expects }) => {
      const id = connection.split("/").at(-1) ?? "";
      const fill = (text: string) =>
        text
          .replace("{peer}", peer.id)
          .replace("{token}", peer.token)
          .replace("{mc}", id)
          .replace("{video}", video)
          .replace("{rtcp}", rtcp)
          .replace("{released}", released);
      const [method = "", path = ""] = fill(request).split(" ");

      const response = await gateway.request(method, path, body && fill(JSON.stringify(body)));

      expect(response.status).toBe(expected);
      // Operations that open a port return only the port.
      if (expected !== 201) expect(response.body.command_type).toBe(command);
      if (expected < 400) return;
      const [error] = response.body.params.errors;
      expect(error).toEqual({ field: expect.any(String), message: expect.any(String) });
      if (typeof expects === "string") expect(error.message).toBe(expects);
      else if (expects) expect([error.field, error.message]).toEqual(expects);
      if (expected === 405) expect(response.headers.get("allow")).toMatch(/^[A-Z, ]+$/);
    },
  );
});

test.each([
  ["/data", {}, "data_id", /^da-.{36}$/],
  ["/media", { is_video: true }, "media_id", /^vi-.{36}$/],
  ["/media", { is_video: false }, "media_id", /^au-.{36}$/],
  ["/media/rtcp", {}, "rtcp_id", /^rc-.{36}$/],
])("POST %s %j opens a port, which DELETE closes once", async (path, body, field, form) => {
  const opened = await gateway.post(path, body);
  expect(opened.status).toBe(201);
  expect(opened.body).toEqual({
    [field]: expect.stringMatching(form),
    port: expect.any(Number),
    ip_v4: "127.0.0.1",
  });
  expect(opened.body.port).toBeGreaterThan(50_000);
  const remove = () => gateway.request("DELETE", `${path}/${opened.body[field]}`);
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(404);
});

test("ip_v4 takes precedence over ip_v6, and a call can still be answered after many rejected answers", async () => {
  const { status } = await gateway.post(
    `${connection}/answer`,
    redirect({ ip_v4: "127.0.0.1", ip_v6: "nonsense", port: 5000 }),
  );
  expect(status).toBe(202);
  expect((await gateway.post(`${connection}/pli`, { ip_v4: "127.0.0.1", port: 5000 })).status).toBe(201);
});

test("a call to an unknown peer ends with an error, and a port cannot be deleted while a call uses it", async () => {
  const { media_id } = (await gateway.post("/media", { is_video: true })).body;
  const { body } = await gateway.post("/media/connections", {
    peer_id: peer.id,
    token: peer.token,
    target_id: "nobody",
    constraints: { ...SENDING, video_params: { codec: "VP8", band_width: 0, media_id } },
  });
  const path = `/media/connections/${body.params.media_connection_id}`;
  expect((await gateway.request("DELETE", `/media/${media_id}`)).status).toBe(403);
  expect((await gateway.get(`${path}/status`)).body).toEqual({ open: false, metadata: "", remote_id: "nobody" });
  expect((await gateway.get(`${path}/events`)).body).toMatchObject({ event: "ERROR" });
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "CLOSE" });
  expect((await gateway.get(`${path}/events`)).status).toBe(404);
  expect((await gateway.request("DELETE", `/media/${media_id}`)).status).toBe(404);
});

test("a data connection to an unknown peer ends with an error, and closes its port", async () => {
  const { data_id } = (await gateway.post("/data")).body;
  const { body } = await gateway.post("/data/connections", {
    peer_id: peer.id,
    token: peer.token,
    target_id: "nobody",
    params: { data_id },
    options: { serialization: "NONE", metadata: "hello" },
  });
  const path = `/data/connections/${body.params.data_connection_id}`;
  expect((await gateway.request("DELETE", `/data/${data_id}`)).status).toBe(403);
  expect((await gateway.get(`${path}/status`)).body).toEqual({
    remote_id: "nobody",
    buffersize: 0,
    label: expect.stringMatching(/^dc_/),
    metadata: '"hello"',
    open: false,
    reliable: false,
    serialization: "NONE",
    type: "DATA",
  });
  expect((await gateway.get(`${path}/events`)).body).toMatchObject({ event: "ERROR" });
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "CLOSE" });
  expect((await gateway.get(`${path}/status`)).status).toBe(404);
  expect((await gateway.request("DELETE", `/data/${data_id}`)).status).toBe(404);
});

test("opening and closing a thousand ports with the API leaks nothing", async () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const statuses = new Set<number>();
  const openAndClose = async (kind: "data" | "media", rounds: number) => {
    for (let n = 0; n < rounds; n++) {
      const { body } = await gateway.post(`/${kind}`, { is_video: true });
      statuses.add((await gateway.request("DELETE", `/${kind}/${body[`${kind}_id`]}`)).status);
    }
  };
  const openAndCloseBoth = (rounds: number) =>
    Promise.all((["data", "media"] as const).map((kind) => openAndClose(kind, rounds)));
  await openAndCloseBoth(10); // From now on, the HTTP connections of the test are open.
  const before = openFiles();
  await openAndCloseBoth(500);
  expect([...statuses]).toEqual([204]);
  expect(openFiles()).toBeLessThanOrEqual(before + 5);
});

test("the table contains every operation of the reference", () => {
  const commands = new Set(
    [...PEERS, ...MEDIA_CONNECTIONS, ...CONTENT, ...SENDERS, ...DATA_CONNECTIONS].map(({ command }) => command),
  );
  for (const { commandType } of Object.values(OPERATIONS)) {
    if (commandType !== "HEALTH") expect(commands).toContain(commandType);
  }
  expect(Object.keys(OPERATIONS)).toHaveLength(22 + 4);
});

test("a poll without an event returns 408 and a JSON body after 30 seconds", async () => {
  const clock = new LeapingClock();
  await using silent = await TestGateway.open({ clock });
  const { events } = await openPeer(silent);
  let isAnswered = false;
  const poll = silent.get(events).finally(() => {
    isAnswered = true;
  });
  await silent.get("/health"); // so that the poll has arrived
  clock.leap(POLL_TIMEOUT_MS - REAL_TIME_MS);
  await silent.get("/health"); // answered after everything that was due
  expect(isAnswered).toBe(false);
  await waitFor("the answer", () => {
    clock.leap(REAL_TIME_MS);
    return isAnswered;
  });

  const { status, body } = await poll;
  expect(POLL_TIMEOUT_MS).toBe(30_000);
  expect(status).toBe(408);
  expect(body).toEqual({
    command_type: "PEERS_EVENTS",
    params: { errors: [{ field: "", message: "No event within 30 seconds" }] },
  });
});
