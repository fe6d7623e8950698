import { createHmac } from "node:crypto";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { describe, expect, it, test } from "vitest";
import { Client } from "../testing/client.ts";
import { KEY, OTHER_KEY, openSignaling, type TestSignaling } from "../testing/signaling.ts";
import { ANSWER_LIMIT_MS, RESTART_LIMIT_MS } from "./whipLink.ts";

const FRAGMENT = "application/trickle-ice-sdpfrag";
interface DescriptionOptions {
  version?: number;
  certificate?: string;
  isLite?: boolean;
  hasCandidate?: boolean;
}

const description = (
  ufrag: string,
  { version = 2, certificate = "AB:CD", isLite = false, hasCandidate = true }: DescriptionOptions = {},
) =>
  [
    "v=0",
    `o=- 1 ${version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    ...(isLite ? ["a=ice-lite"] : []),
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${ufrag}passwordpassword`,
    `a=fingerprint:sha-256 ${certificate}`,
    "a=mid:0",
    ...(hasCandidate ? ["a=candidate:1 1 udp 1 127.0.0.1 4000 typ host"] : []),
    ...(isLite ? ["a=candidate:2 1 udp 1 127.0.0.2 4000 typ host", "a=candidate:3 1 udp 1 ::1 4000 typ host"] : []),
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${ufrag}passwordpassword`,
    `a=fingerprint:sha-256 ${certificate}`,
    "a=mid:1",
    "",
  ].join("\r\n");
const ICE_OF_LITE = [
  "a=group:BUNDLE 0 1",
  "a=ice-lite",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=ice-ufrag:lite",
  "a=ice-pwd:litepasswordpassword",
  "a=mid:0",
  "a=candidate:1 1 udp 1 127.0.0.1 4000 typ host",
  "a=candidate:3 1 udp 1 ::1 4000 typ host",
  "a=end-of-candidates",
  "",
].join("\r\n");
const fragment = (ufrag: string, port: number) =>
  [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${ufrag}passwordpassword`,
    "m=audio 9 UDP/TLS/RTP/SAVPF 0",
    "a=mid:0",
    `a=candidate:7 1 udp 1 127.0.0.1 ${port} typ host`,
    "a=end-of-candidates",
    "",
  ].join("\r\n");

interface Call {
  path?: string;
  token?: string | undefined;
  body?: string;
  type?: string;
  signal?: AbortSignal;
}

function post(signaling: TestSignaling, call: Call = {}): Promise<Response> {
  const { path = "/whip/recorder", token = KEY, body = description("ours"), type = "application/sdp", signal } = call;
  const headers = { "content-type": type, ...(token && { authorization: `Bearer ${token}` }) };
  return fetch(`${signaling.origin}${path}`, { method: "POST", headers, body, ...(signal && { signal }) });
}

/** The called peer. It answers when a test calls `answerWith`. */
async function openRecorder(signaling: TestSignaling) {
  const recorder = await Client.open(signaling, { peerId: "recorder" });
  const answer = async (ufrag: string, times = 1, options: DescriptionOptions = {}) => {
    const { src, connectionId } = await recorder.hears("OFFER", times);
    const sdp = { type: "answer", sdp: description(ufrag, options) };
    recorder.socket.emit("SEND_ANSWER", { dst: src, connectionId, connectionType: "media", answer: sdp });
  };
  return Object.assign(recorder, { answerWith: answer });
}

/** An answered session. */
async function publish(signaling: TestSignaling, recorder: Awaited<ReturnType<typeof openRecorder>>, path?: string) {
  const [response] = await Promise.all([
    post(signaling, path === undefined ? {} : { path }),
    recorder.answerWith("its"),
  ]);
  const url = new URL(response.headers.get("location") ?? "", signaling.origin);
  const etag = response.headers.get("etag") ?? "";
  const request = (method: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(url, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      ...(body !== undefined && { body }),
    });
  const patch = (ifMatch: string | undefined, body: string) =>
    request("PATCH", { "content-type": FRAGMENT, ...(ifMatch !== undefined && { "if-match": ifMatch }) }, body);
  return { response, url, etag, request, patch };
}

const codeOf = async (response: Response) => [response.status, (await response.json()).error.code];

test("an offer calls the peer, with the rest of the query as metadata, and its answer comes back", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);

  const { response } = await publish(signaling, recorder, "/whip/recorder?id=camera-1&call=support%204711&name=Ada");

  expect(response.status).toBe(201);
  expect(await response.text()).toBe(description("its"));
  expect(response.headers.get("content-type")).toBe("application/sdp");
  expect(response.headers.get("location")).toMatch(/^\/whip\/recorder\/[A-Za-z0-9]{32}$/);
  expect(response.headers.get("etag")).toMatch(/^"[A-Za-z0-9]{32}"$/);
  expect(response.headers.get("access-control-expose-headers")).toContain("Location");
  expect(await recorder.hears("OFFER")).toMatchObject({
    src: "camera-1",
    connectionType: "media",
    metadata: { call: "support 4711", name: "Ada" },
    offer: { type: "offer", sdp: description("ours") },
  });
});

test("later candidates are relayed, candidates of another ICE session are refused", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { patch, etag } = await publish(signaling, recorder);

  expect((await patch(etag, fragment("ours", 5000))).status).toBe(204);

  expect((await recorder.hears("CANDIDATE")).candidate).toEqual({
    candidate: "candidate:7 1 udp 1 127.0.0.1 5000 typ host",
    sdpMid: "0",
    sdpMLineIndex: null,
  });
  expect(await codeOf(await patch('"another"', fragment("ours", 5000)))).toEqual([412, "NOT_THIS_ICE_SESSION"]);
  expect(await codeOf(await patch(etag, fragment("others", 5000)))).toEqual([412, "NOT_THIS_ICE_SESSION"]);
  expect(await codeOf(await patch(undefined, fragment("ours", 5000)))).toEqual([428, "IF_MATCH_NEEDED"]);
  expect(await codeOf(await patch(etag, "a=candidate:x"))).toEqual([422, "INVALID_FRAGMENT"]);
  expect(recorder.events.filter((event) => event === "CANDIDATE")).toHaveLength(1);
});

test("an ICE restart sends an offer for the same call and returns the answer as a fragment", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { patch, etag } = await publish(signaling, recorder);
  const { connectionId, metadata } = await recorder.hears("OFFER");

  const [response] = await Promise.all([
    patch("*", fragment("fresh", 6000)),
    recorder.answerWith("lite", 2, { isLite: true }),
  ]);

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(FRAGMENT);
  expect(await response.text()).toBe(ICE_OF_LITE);
  const offer = await recorder.hears("OFFER", 2);
  expect(offer).toMatchObject({ connectionId, metadata });
  expect(offer.offer.sdp).toBe(description("fresh", { version: 3, hasCandidate: false }));
  expect((await recorder.hears("CANDIDATE")).candidate).toMatchObject({
    candidate: "candidate:7 1 udp 1 127.0.0.1 6000 typ host",
  });
  const newEtag = response.headers.get("etag") ?? "";
  expect(newEtag).not.toBe(etag);
  expect(await codeOf(await patch(etag, fragment("fresh", 6001)))).toEqual([412, "NOT_THIS_ICE_SESSION"]);
  expect(await codeOf(await patch(newEtag, fragment("ours", 6001)))).toEqual([412, "NOT_THIS_ICE_SESSION"]);
  expect((await patch(newEtag, fragment("fresh", 6001))).status).toBe(204);
});

test("a failed ICE restart leaves the session unchanged", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { patch, etag } = await publish(signaling, recorder);

  const silence = patch("*", fragment("fresh", 6000));
  await recorder.hears("OFFER", 2);
  expect(await codeOf(await patch("*", fragment("more", 6000)))).toEqual([409, "RESTART_UNDER_WAY"]);
  signaling.clock.advance(RESTART_LIMIT_MS);
  expect(await codeOf(await silence)).toEqual([504, "NOT_ANSWERED"]);

  const [refused] = await Promise.all([
    patch("*", fragment("fresh", 6000)),
    recorder.answerWith("other", 3, { certificate: "EF" }),
  ]);
  expect(await codeOf(refused)).toEqual([422, "NO_ICE_RESTART"]);

  expect((await patch(etag, fragment("ours", 6001))).status).toBe(204);
  await recorder.hears("CANDIDATE");
  expect(recorder.events).toEqual(["OPEN", "OFFER", "OFFER", "OFFER", "CANDIDATE"]);
});

test("the client receives TURN servers", async () => {
  const urls = ["turn:a.example:3478?transport=udp", "turn:a.example:3478?transport=tcp"];
  await using signaling = await openSignaling({ turn: { urls, secret: "shared" } });
  using recorder = await openRecorder(signaling);

  const { response } = await publish(signaling, recorder);

  const links = (response.headers.get("link") ?? "").split(", ");
  expect(links).toHaveLength(2);
  expect(links[0]).toMatch(
    /^<turn:a\.example:3478\?transport=udp>; rel="ice-server"; username="\d+:\w+"; credential="[^"]+"; credential-type="password"$/,
  );
});

test("DELETE hangs up and can be repeated", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { request, patch, etag } = await publish(signaling, recorder);

  expect((await request("DELETE")).status).toBe(200);

  const { connectionId } = await recorder.hears("OFFER");
  expect(await recorder.hears("FORCE_CLOSE")).toMatchObject({ connectionId });
  await recorder.hears("LEAVE");
  expect((await request("DELETE")).status).toBe(200);
  expect(await codeOf(await patch(etag, fragment("ours", 5000)))).toEqual([404, "SESSION_NOT_FOUND"]);
});

test("a peer that hangs up ends the session, and frees its id", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { patch, etag } = await publish(signaling, recorder, "/whip/recorder?id=camera");
  const again = await post(signaling, { path: "/whip/recorder?id=camera" });
  expect(await codeOf(again)).toEqual([409, "UNAVAILABLE_ID"]);

  recorder.forceClose("camera", (await recorder.hears("OFFER")).connectionId);

  await waitFor("the end", async () => (await patch(etag, fragment("ours", 5000))).status === 404);
  const [response] = await Promise.all([
    post(signaling, { path: "/whip/recorder?id=camera" }),
    recorder.answerWith("its", 2),
  ]);
  expect(response.status).toBe(201);
});

test("a peer that leaves ends the session", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { patch, etag } = await publish(signaling, recorder);

  recorder.socket.disconnect();

  await waitFor("the end", async () => (await patch(etag, fragment("ours", 5000))).status === 404);
});

test("a missing peer, a missing answer and a refusal have different errors", async () => {
  await using signaling = await openSignaling();
  const nobody = post(signaling, { path: "/whip/nobody" });
  await passTime(signaling, nobody, 6_000);
  expect(await codeOf(await nobody)).toEqual([404, "PEER_UNAVAILABLE"]);

  using recorder = await openRecorder(signaling);
  const silence = post(signaling);
  const { connectionId } = await recorder.hears("OFFER");
  signaling.clock.advance(ANSWER_LIMIT_MS);
  expect(await codeOf(await silence)).toEqual([504, "NOT_ANSWERED"]);
  expect(await recorder.hears("FORCE_CLOSE")).toMatchObject({ connectionId });

  const refused = post(signaling);
  const offer = await recorder.hears("OFFER", 2);
  recorder.forceClose(offer.src, offer.connectionId);
  const response = await refused;
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await codeOf(response)).toEqual([503, "CALL_REFUSED"]);
});

test("a client that disconnects before its answer hangs up", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const impatience = new AbortController();
  const request = post(signaling, { signal: impatience.signal });
  await recorder.hears("OFFER");

  impatience.abort();

  await expect(request).rejects.toThrow();
  await recorder.hears("FORCE_CLOSE");
});

test.each<[string, Call, number, string]>([
  ["an unknown key", { token: "22222222-2222-4222-8222-222222222222" }, 401, "INVALID_KEY"],
  ["an invalid token", { token: "a b" }, 401, "TOKEN_REFUSED"],
  ["an invalid peer id", { path: "/whip/%00" }, 404, "PEER_UNAVAILABLE"],
  ["an invalid id of its own", { path: "/whip/recorder?id=..%2F" }, 400, "INVALID_ID"],
  ["no SDP", { body: "hello" }, 422, "INVALID_OFFER"],
  ["an empty body", { body: "" }, 422, "INVALID_OFFER"],
  ["JSON", { body: "{}", type: "application/json" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["a megabyte", { body: "v=0".padEnd(1_000_000, "x") }, 413, "BAD_REQUEST"],
  ["an offer above the limit", { body: "v=0".padEnd(210_000, "x") }, 413, "OFFER_TOO_LARGE"],
])("%s is refused with a reason", async (_, call, status, code) => {
  await using signaling = await openSignaling();
  expect(await codeOf(await post(signaling, call))).toEqual([status, code]);
});

test("a session belongs to the key that created it", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const { request, url } = await publish(signaling, recorder);

  expect(await codeOf(await request("DELETE", { authorization: `Bearer ${OTHER_KEY}` }))).toEqual([
    401,
    "TOKEN_REFUSED",
  ]);
  expect(await codeOf(await fetch(`${url}x`, { method: "DELETE" }))).toEqual([404, "SESSION_NOT_FOUND"]);
  expect(recorder.events).not.toContain("FORCE_CLOSE");
});

test("without a token the default key is used", async () => {
  await using signaling = await openSignaling();
  using recorder = await openRecorder(signaling);
  const [response] = await Promise.all([post(signaling, { token: "" }), recorder.answerWith("its")]);
  expect(response.status).toBe(201);

  await using closed = await openSignaling({ apiKeys: [OTHER_KEY] });
  expect(await codeOf(await post(closed, { token: "" }))).toEqual([401, "INVALID_KEY"]);
});

test("a key with a secret takes the credential from the token", async () => {
  const secret = "a secret of the operator";
  await using signaling = await openSignaling({ secretKeys: new Map([[OTHER_KEY, secret]]) });
  const timestamp = Math.floor(signaling.clock.now() / 1000);
  const sign = (peerId: string) => createHmac("sha256", secret).update(`${timestamp}:600:${peerId}`).digest("base64");
  const call = (peerId: string) => ({
    token: `${OTHER_KEY}.${timestamp}.600.${sign(peerId)}`,
    path: "/whip/recorder?id=camera",
  });

  expect(await codeOf(await post(signaling, call("another")))).toEqual([401, "AUTHENTICATION"]);
  const accepted = post(signaling, call("camera"));
  await passTime(signaling, accepted, 6_000);
  expect(await codeOf(await accepted)).toEqual([404, "PEER_UNAVAILABLE"]);
});

test("pages of other origins may use it, and other methods are answered with the allowed ones", async () => {
  await using signaling = await openSignaling();
  const preflight = await fetch(`${signaling.origin}/whip/recorder`, { method: "OPTIONS" });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
  expect(preflight.headers.get("accept-post")).toBe("application/sdp");

  const get = await fetch(`${signaling.origin}/whip/recorder`);
  expect(get.headers.get("allow")).toContain("POST");
  expect(await codeOf(get)).toEqual([405, "METHOD_NOT_ALLOWED"]);
  expect((await fetch(`${signaling.origin}/whip/recorder/x`, { method: "PUT" })).status).toBe(405);
});

/** Advances signalling's clock until a request is answered. */
async function passTime(signaling: TestSignaling, request: Promise<Response>, ms: number): Promise<void> {
  let isAnswered = false;
  void request.finally(() => {
    isAnswered = true;
  });
  await waitFor("an answer", () => {
    if (!isAnswered) signaling.clock.advance(ms);
    return isAnswered;
  });
}

describe("a WHIP offer of which a part is not taken", () => {
  const AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=sendonly", "a=rtpmap:111 opus/48000/2"];
  const video = (mid: string, direction = "sendonly", port = 9) => [
    `m=video ${port} UDP/TLS/RTP/SAVPF 45 46`,
    `a=mid:${mid}`,
    `a=${direction}`,
    "a=rtpmap:45 AV1/90000",
    "a=rtpmap:46 rtx/90000",
  ];
  const sdp = (group: string | undefined, ...sections: string[][]) =>
    [
      ...[
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        ...(group === undefined ? [] : [`a=group:BUNDLE ${group}`]),
      ],
      ...["a=ice-ufrag:ours", "a=ice-pwd:ourspasswordpassword", "a=fingerprint:sha-256 AB:CD", ...sections.flat(), ""],
    ].join("\r\n");
  const RECEIVED = AUDIO.with(2, "a=recvonly");

  /** Posts an offer, which the recorder answers. Resolves with the status, the code and the message. */
  async function offered(body: string, answer: string, query = "") {
    await using signaling = await openSignaling();
    using recorder = await openRecorder(signaling);
    const posted = post(signaling, { body, path: `/whip/recorder${query}` });
    const called = recorder.hears("OFFER").then(({ src, connectionId, metadata }) => {
      const description = { type: "answer", sdp: answer };
      recorder.socket.emit("SEND_ANSWER", { dst: src, connectionId, connectionType: "media", answer: description });
      return metadata;
    });
    called.catch(() => undefined); // an offer that is refused at once is not sent to the recorder
    const response = await posted;
    const text = await response.text();
    if (response.status !== 201) {
      if (JSON.parse(text).error.code === "NOT_RECORDED") expect(await recorder.hears("FORCE_CLOSE")).toBeDefined();
      return [response.status, JSON.parse(text).error.code, JSON.parse(text).error.message];
    }
    return [201, text, await called];
  }

  it.each([
    ["rejected", video("1", "inactive", 0)],
    ["inactive", video("1", "inactive")],
  ])("is refused with the reason, and the peer is hung up, if its answer is %s", async (_, answered) => {
    const [status, code, message] = await offered(sdp("0 1", AUDIO, video("1")), sdp("0", RECEIVED, answered));
    expect([status, code]).toEqual([422, "NOT_RECORDED"]);
    expect(message).toContain("the video of m-line 2 (AV1)");
    expect(message).toContain("partial=true");
  });

  it("is accepted if the client allows it", async () => {
    const answer = sdp("0", RECEIVED, video("1", "inactive", 0));
    expect(await offered(sdp("0 1", AUDIO, video("1")), answer, "?partial=true&name=Ada")).toEqual([
      201,
      answer,
      { name: "Ada" },
    ]);
  });

  it("is accepted if the client does not send that part", async () => {
    const answer = sdp("0", RECEIVED, video("1", "inactive", 0));
    for (const silent of [video("1", "recvonly"), video("1", "inactive"), video("1", "sendonly", 0)])
      expect((await offered(sdp("0 1", AUDIO, silent), answer))[0]).toBe(201);
    expect((await offered(sdp("0", AUDIO), sdp("0", RECEIVED)))[0]).toBe(201);
    expect((await offered(sdp(undefined, AUDIO), sdp(undefined, RECEIVED)))[0]).toBe(201);
    const data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1"];
    expect(
      (await offered(sdp("0 1", AUDIO, data), sdp("0", RECEIVED, data.with(0, "m=application 0 UDP/DTLS/SCTP 0"))))[0],
    ).toBe(201);
  });

  it.each([
    ["no group", undefined, "no a=group:BUNDLE"],
    ["a group without the video", "0", "m-line 2"],
    ["two groups", "0\r\na=group:BUNDLE 1", "m-line 2"],
  ])("is refused with the reason before the peer is called, with %s", async (_, group, reason) => {
    const [status, code, message] = await offered(sdp(group, AUDIO, video("1")), sdp("0", RECEIVED));
    expect([status, code]).toEqual([422, "NO_BUNDLE"]);
    expect(message).toContain(reason);
  });

  it("is refused if there is nothing to receive at all", async () => {
    for (const sections of [[], [video("0", "recvonly")], [AUDIO.with(0, "m=audio 0 UDP/TLS/RTP/SAVPF 111")]])
      expect((await offered(sdp("0", ...sections), "v=0"))[1]).toBe("NOTHING_SENT");
  });

  it("is refused with 4xx if the peer takes none of the codecs, and else with the peer's reason", async () => {
    for (const [reason, status, code] of [
      ["NO_COMMON_CODEC", 422, "NO_COMMON_CODEC"],
      ["TOO_MANY_RECORDERS", 503, "CALL_REFUSED"],
    ] as const) {
      await using signaling = await openSignaling();
      using recorder = await openRecorder(signaling);
      const posted = post(signaling, { body: sdp("0 1", AUDIO, video("1")) });
      const { src, connectionId } = await recorder.hears("OFFER");
      recorder.socket.emit("SEND_FORCE_CLOSE", { dst: src, connectionId, reason });
      const response = await posted;
      const { error } = await response.json();
      expect([response.status, error.code]).toEqual([status, code]);
      if (code === "CALL_REFUSED") expect(error.message).toContain(reason);
    }
  });
});
