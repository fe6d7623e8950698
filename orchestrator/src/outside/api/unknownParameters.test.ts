import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApi, TOKEN, testApi } from "../../testing/testApi.ts";

const HEADERS = { authorization: `Bearer ${TOKEN}` };

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test("every route refuses query parameters that it does not have, and names them", async () => {
  for (const { method, url, operation } of api.routes) {
    const known = Object.keys(operation?.query?.shape ?? {});
    const path = url.replaceAll(/:\w+/g, "x");
    const answer = await api.app.inject({
      method: method as "GET",
      url: `${path}?q=Ada&${known[0] ?? "from"}=1&%3Cb%3E=`,
      headers: HEADERS,
    });
    expect(answer.statusCode, `${method} ${url}`).toBe(400);
    const { code, message } = answer.json().error;
    expect(code).toBe("BAD_PARAMETER");
    expect(message).toContain(known.length > 0 ? "unknown: q, <b>; this request has" : "unknown: q, from, <b>;");
    for (const name of known) expect(message).toContain(name);
  }
  expect(api.routes.length).toBeGreaterThan(15);
});

test("health inside the bundle and HEAD requests refuse them too, and known parameters pass", async () => {
  expect((await api.app.inject({ url: "/health?q=1" })).statusCode).toBe(400);
  expect((await api.app.inject({ method: "HEAD", url: "/api/calls?q=1", headers: HEADERS })).statusCode).toBe(400);
  expect((await api.app.inject({ url: "/api/calls?limit=1&state=", headers: HEADERS })).statusCode).toBe(200);
  const file = `/api/calls/${api.callId}/files/${api.fileName}?download`;
  expect((await api.app.inject({ url: file, headers: HEADERS })).statusCode).toBe(200);
});

test.each([
  ["/api/calls?limit=0x10", "limit: must be a whole number from 1 to 100"],
  ["/api/calls?limit=1e1", "limit: must be a whole number from 1 to 100"],
  ["/api/calls?limit=ten", "limit: must be a whole number from 1 to 100"],
  ["/api/calls?limit=101", "limit"],
  ["/api/webhooks/messages?limit=+5", "limit: must be a whole number from 1 to 100"],
  ["/api/jobs?callId=zz", "callId: is not a call id"],
])("%s is refused, with what is wrong", async (url, wrong) => {
  const answer = await api.app.inject({ url, headers: HEADERS });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error.message).toContain(wrong);
});

test("a request without a login learns nothing about parameters", async () => {
  expect((await api.app.inject({ url: "/api/calls?q=1" })).statusCode).toBe(401);
});
