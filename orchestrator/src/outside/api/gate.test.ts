import type { InjectOptions } from "fastify";
import { describe, expect, test } from "vitest";
import { type TestApi, TOKEN, testApi } from "../../testing/testApi.ts";
import { DELAYED_AT_ONCE, WRONG_TOKEN_DELAY_MS } from "../access/failedLogins.ts";

const BEARER = { authorization: `Bearer ${TOKEN}` };
const HOST = "recorder.example:8080";
const OWN_PAGE = { host: HOST, origin: `http://${HOST}` };
const FOREIGN_PAGE = { host: HOST, origin: "http://evil.example" };
const MINUTE_MS = 60_000;

const ask = async ({ app }: TestApi, options: InjectOptions) => {
  const { statusCode, headers, body } = await app.inject(options);
  return { status: statusCode, headers, body, code: body.startsWith('{"error"') ? JSON.parse(body).error.code : "" };
};
const logIn = async (api: TestApi, token = TOKEN, headers: Record<string, string> = OWN_PAGE) =>
  ask(api, { method: "POST", url: "/api/session", headers, payload: { token } });
const cookieOf = async (api: TestApi) => String((await logIn(api)).headers["set-cookie"]).split(";")[0] ?? "";
const routesOf = ({ callId, fileName }: TestApi): InjectOptions[] => [
  { url: "/api/calls" },
  { url: `/api/calls/${callId}` },
  { url: `/api/calls/${callId}/files/${fileName}` },
  { url: `/api/calls/${callId}/files/${fileName}`, method: "HEAD" },
  { url: `/api/calls/${callId}/files/${fileName}/links`, method: "POST" },
  { url: `/api/calls/${callId}/stop`, method: "POST" },
  { url: "/api/events" },
  { url: "/api/client-configuration" },
];

describe("with a token", () => {
  test("every route requires a login, however its path is written", async () => {
    await using api = await testApi();
    for (const route of routesOf(api)) {
      expect(await ask(api, route), JSON.stringify(route)).toMatchObject({
        status: 401,
        headers: { "www-authenticate": "Bearer" },
      });
    }
    for (const url of ["//api/calls", "/%61pi/calls", "/api//calls", "/api/calls/", "/API/calls", "/api/calls;x"]) {
      expect([401, 404], url).toContain((await ask(api, { url })).status);
    }
  });

  test("programs get access with the token as bearer", async () => {
    await using api = await testApi();
    expect((await ask(api, { url: "/api/calls", headers: BEARER })).status).toBe(200);
    expect((await ask(api, { url: "/api/calls", headers: { authorization: `bearer  ${TOKEN}` } })).status).toBe(200);
    expect((await ask(api, { url: `/api/calls/${api.callId}/stop`, method: "POST", headers: BEARER })).status).toBe(
      202,
    );
  });

  test.each([`${TOKEN}x`, TOKEN.slice(1), "x", "\u00e9"])("another token is refused: %s", async (token) => {
    await using api = await testApi();
    const answer = await ask(api, { url: "/api/calls", headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
    expect((await logIn(api, token)).code).toBe("TOKEN_REFUSED");
  });

  test("without login, health returns only its status", async () => {
    await using api = await testApi();
    expect(JSON.parse((await ask(api, { url: "/api/health" })).body)).toEqual({ status: "failing" });
    expect((await ask(api, { url: "/api/health", headers: BEARER })).body).toContain("signaling");
    expect((await ask(api, { url: "/health" })).body).toContain("signaling"); // reachable only from inside the bundle
  });
});

describe("the console's session", () => {
  test("is a cookie that scripts and other sites cannot access", async () => {
    await using api = await testApi();
    const answer = await logIn(api);
    expect(answer.status).toBe(204);
    const cookie = String(answer.headers["set-cookie"]);
    for (const field of ["HttpOnly", "SameSite=Strict", "Path=/"]) expect(cookie).toContain(field);
    expect(cookie).not.toContain("Secure");
    expect(cookie).not.toContain(TOKEN);
    const overTls = await logIn(api, TOKEN, { ...OWN_PAGE, "x-forwarded-proto": "https" });
    expect(overTls.headers["set-cookie"]).toContain("Secure");
    const behindProxy = await logIn(api, TOKEN, { host: HOST, origin: `https://${HOST}` });
    expect(behindProxy.headers["set-cookie"]).toContain("Secure");
  });

  test("gives the same access as the token, but allows changes only from pages of its own origin", async () => {
    await using api = await testApi();
    const cookie = await cookieOf(api);
    const stop = (headers: Record<string, string>) =>
      ask(api, { url: `/api/calls/${api.callId}/stop`, method: "POST", headers: { cookie, ...headers } });

    expect((await ask(api, { url: "/api/calls", headers: { cookie: `a=b; ${cookie}; c=d` } })).status).toBe(200);
    expect((await stop(OWN_PAGE)).status).toBe(202);
    expect((await stop({ host: HOST, "sec-fetch-site": "same-origin" })).status).toBe(202);
    expect((await stop(FOREIGN_PAGE)).code).toBe("FOREIGN_PAGE");
    expect((await stop({ ...OWN_PAGE, "sec-fetch-site": "same-site" })).code).toBe("FOREIGN_PAGE");
    expect((await stop({ ...OWN_PAGE, origin: "null" })).code).toBe("FOREIGN_PAGE");
    expect((await stop({ host: HOST })).code).toBe("FOREIGN_PAGE");
  });

  test("ends after a week, or when its cookie is deleted", async () => {
    await using api = await testApi();
    const cookie = await cookieOf(api);
    const admitted = async () =>
      JSON.parse((await ask(api, { url: "/api/session", headers: { cookie } })).body).admitted;
    expect(await admitted()).toBe(true);
    const closed = await ask(api, { method: "DELETE", url: "/api/session", headers: { cookie, ...OWN_PAGE } });
    expect(closed.headers["set-cookie"]).toContain("Max-Age=0");
    await api.clock.pass(7 * 24 * 60 * MINUTE_MS, 60 * MINUTE_MS);
    expect(await admitted()).toBe(false);
  });

  test("cannot be forged", async () => {
    await using api = await testApi();
    const cookie = await cookieOf(api);
    const [expires = ""] = /\d+/.exec(cookie) ?? [];
    const forged = [
      cookie.replace(expires, String(Number(expires) + 1)),
      cookie.slice(0, -1),
      `${cookie}x`,
      "",
      "call_recorder_session=",
      `call_recorder_session=${expires}.`,
    ];
    for (const one of forged)
      expect((await ask(api, { url: "/api/calls", headers: { cookie: one } })).status, one).toBe(401);
  });

  test("signed with another token is not valid", async () => {
    await using api = await testApi();
    await using other = await testApi("another-token-4711");
    const cookie = await cookieOf(api);
    expect((await ask(other, { url: "/api/calls", headers: { cookie } })).status).toBe(401);
  });

  test("cannot be started by pages of another origin", async () => {
    await using api = await testApi();
    expect((await logIn(api, TOKEN, FOREIGN_PAGE)).code).toBe("FOREIGN_PAGE");
  });
});

describe("an address with too many wrong tokens", () => {
  const from = (address: string) => ({ ...OWN_PAGE, "x-forwarded-for": address });
  const wrongBearer = (api: TestApi, address: string) =>
    ask(api, { url: "/api/calls", headers: { ...from(address), authorization: "Bearer wrong" } });
  const tenWrong = async (api: TestApi, address: string) => {
    for (let time = 0; time < 10; time += 1) {
      const wrong = time % 2 ? logIn(api, "wrong", from(address)) : wrongBearer(api, address);
      expect((await wrong).code).toBe("TOKEN_REFUSED");
    }
  };
  /** Lets the delay of wrong tokens pass. */
  const late = async <T>({ clock }: TestApi, answer: Promise<T>): Promise<T> => {
    await clock.pass(WRONG_TOKEN_DELAY_MS);
    return answer;
  };

  test("is refused for a minute, and late; other addresses are not", async () => {
    await using api = await testApi();
    await tenWrong(api, "192.0.2.1");

    let isAnswered = false;
    const eleventh = wrongBearer(api, "192.0.2.1").finally(() => {
      isAnswered = true;
    });
    await api.clock.pass(WRONG_TOKEN_DELAY_MS - 50);
    expect(isAnswered).toBe(false);
    const refused = await late(api, eleventh);
    expect(refused).toMatchObject({ status: 429, code: "TOO_MANY_FAILED_LOGINS" });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    // The client's own value comes before the one that the front door adds.
    expect((await late(api, logIn(api, "wrong", from("198.51.100.9, 192.0.2.1")))).status).toBe(429);
    expect((await wrongBearer(api, "192.0.2.2")).status).toBe(401);
    await api.clock.pass(MINUTE_MS, 1_000);
    expect((await wrongBearer(api, "192.0.2.1")).status).toBe(401);
  });

  test("gets access with the right token at any time: others may share the address", async () => {
    await using api = await testApi();
    await tenWrong(api, "192.0.2.1");
    expect((await late(api, wrongBearer(api, "192.0.2.1"))).status).toBe(429);

    expect((await logIn(api, TOKEN, from("192.0.2.1"))).status).toBe(204);
    expect((await ask(api, { url: "/api/calls", headers: { ...BEARER, ...from("192.0.2.1") } })).status).toBe(200);
    const health = await ask(api, { url: "/api/health", headers: { ...BEARER, ...from("192.0.2.1") } });
    expect(health.body).toContain("signaling");
  });

  test("cannot try tokens uncounted where no login is needed", async () => {
    await using api = await testApi();
    const headers = { ...from("192.0.2.1"), authorization: "Bearer wrong" };
    for (let time = 0; time < 10; time += 1) {
      const answer = await ask(api, { url: time % 2 ? "/api/session" : "/api/health", headers });
      expect(answer.body).not.toMatch(/"admitted":true|signaling/);
    }

    expect((await late(api, wrongBearer(api, "192.0.2.1"))).status).toBe(429);
  });

  test("holds only a limited number of requests: more are refused at once", async () => {
    await using api = await testApi();
    await tenWrong(api, "192.0.2.1");
    const held = Array.from({ length: DELAYED_AT_ONCE }, () => wrongBearer(api, "192.0.2.1"));
    await api.clock.pass(50);

    expect((await wrongBearer(api, "192.0.2.1")).status).toBe(429);

    await api.clock.pass(WRONG_TOKEN_DELAY_MS);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(DELAYED_AT_ONCE).fill(429));
  });

  test("is the client's own one behind a proxy in TRUSTED_PROXIES, and the sender's otherwise", async () => {
    await using api = await testApi(TOKEN, ["203.0.113.7", "2001:db8::/32"]);
    await tenWrong(api, "192.0.2.1, 203.0.113.7");
    expect((await late(api, wrongBearer(api, "192.0.2.1, 2001:db8::1, 203.0.113.7"))).status).toBe(429);
    expect((await wrongBearer(api, "192.0.2.2, 203.0.113.7")).status).toBe(401);

    await tenWrong(api, "192.0.2.3, 203.0.113.8");
    expect((await late(api, wrongBearer(api, "192.0.2.4, 203.0.113.8"))).status).toBe(429);
  });
});

describe("without a token", () => {
  const FRONT_DOOR = { host: "orchestrator:3000", "x-forwarded-host": "localhost:8080" };

  test("all routes are open", async () => {
    await using api = await testApi(null);
    expect((await ask(api, { url: "/api/calls", headers: FRONT_DOOR })).status).toBe(200);
    expect((await ask(api, { url: "/api/session" })).body).toBe('{"required":false,"admitted":true}');
    expect((await logIn(api, "any", FRONT_DOOR)).status).toBe(204);
  });

  test("pages of other origins cannot change anything, and DNS rebinding cannot read anything", async () => {
    await using api = await testApi(null);
    const stop = (headers: Record<string, string>) =>
      ask(api, { url: `/api/calls/${api.callId}/stop`, method: "POST", headers: { ...FRONT_DOOR, ...headers } });
    expect((await stop({ origin: "http://localhost:8080" })).status).toBe(202);
    expect((await stop({})).status).toBe(202);
    expect((await stop({ origin: "http://evil.example" })).code).toBe("FOREIGN_PAGE");
    const rebound = { ...FRONT_DOOR, "x-forwarded-host": "evil.example:8080" };
    expect(await ask(api, { url: "/api/calls", headers: rebound })).toMatchObject({
      status: 403,
      code: "TOKEN_NOT_SET",
    });
    for (const host of ["127.0.0.1:8080", "[::1]:8080", "Localhost", "recorder.localhost:80"]) {
      const headers = { ...FRONT_DOOR, "x-forwarded-host": host };
      expect((await ask(api, { url: "/api/calls", headers })).status, host).toBe(200);
    }
  });
});

describe("a signed link", () => {
  const linkOf = async (api: TestApi, payload?: object) => {
    const url = `/api/calls/${api.callId}/files/${api.fileName}/links`;
    return ask(api, { method: "POST", url, headers: BEARER, ...(payload && { payload }) });
  };

  test("opens its file without a token until it expires", async () => {
    await using api = await testApi();
    const made = await linkOf(api, { expiresInSeconds: 60 });
    expect(made.status).toBe(201);
    const { url, expiresAt } = JSON.parse(made.body);
    expect(expiresAt).toBe("2026-11-23T12:01:00.000Z");
    expect(await ask(api, { url })).toMatchObject({ status: 200, body: "EBML" });
    expect((await ask(api, { url, headers: { range: "bytes=1-2" } })).body).toBe("BM");
    expect((await ask(api, { url: `${url}&download` })).headers["content-disposition"]).toContain("attachment");
    await api.clock.pass(MINUTE_MS, 1_000);
    expect(await ask(api, { url })).toMatchObject({ status: 403, code: "LINK_REFUSED" });
  });

  test("is valid for a day by default, and for 30 days at most", async () => {
    await using api = await testApi();
    expect(JSON.parse((await linkOf(api)).body).expiresAt).toBe("2026-11-24T12:00:00.000Z");
    for (const expiresInSeconds of [0, -1, 1.5, 31 * 24 * 3600, "60"]) {
      expect((await linkOf(api, { expiresInSeconds })).status).toBe(400);
    }
  });

  test("does not open anything else", async () => {
    await using api = await testApi();
    const { url } = JSON.parse((await linkOf(api)).body);
    const query = new URL(url, "http://x").search;
    const expires = /expires=(\d+)/.exec(url)?.[1] ?? "";
    const closed = [
      [`/api/calls/${api.callId}/files/other.webm${query}`, 403],
      [url.replace(expires, String(Number(expires) + 1)), 403],
      [url.replace(/signature=.*/, "signature=x"), 403],
      [url.replace(/&signature=.*/, ""), 401],
      [`${url}&signature=x`, 403],
      [`/api/calls/${api.callId}${query}`, 401],
      [`/api/calls${query}`, 401],
    ] as const;
    for (const [path, status] of closed) expect((await ask(api, { url: path })).status, path).toBe(status);
    const post = await ask(api, { method: "POST", url: url.replace("?", "/links?") });
    expect(post.status).toBe(401);
  });

  test("is created for recordings only", async () => {
    await using api = await testApi();
    const url = `/api/calls/${api.callId}/files/call.json/links`;
    expect((await ask(api, { method: "POST", url, headers: BEARER })).code).toBe("FILE_NOT_FOUND");
  });
});
