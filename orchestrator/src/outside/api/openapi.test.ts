import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApi, TOKEN, testApi } from "../../testing/testApi.ts";
import { WEBHOOK_EVENT_TYPES } from "../webhooks/events.ts";

const HEADERS = { authorization: `Bearer ${TOKEN}` };

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  webhooks: Record<string, unknown>;
  components: { schemas: Record<string, object> };
}
interface Response {
  content?: Record<string, { schema?: object }>;
}

let api: TestApi;
let document: Document;
let jobId: string | undefined;
beforeAll(async () => {
  api = await testApi();
  document = (await api.app.inject({ url: "/api/openapi.json", headers: HEADERS })).json();
});
afterAll(() => api[Symbol.asyncDispose]());

test("the description is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate({ ...document });
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1/);
});

test("every route below /api/ is described; describe a new one with operation() where it is added", async () => {
  const undescribed = api.routes.filter((route) => route.operation === undefined);
  expect(undescribed).toEqual([]);
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described).toHaveLength(api.routes.length);
  expect(described).toContain("DELETE /api/calls/{callId}");
});

test("every referenced schema exists", () => {
  const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  const names = new Set(named.map(([, name = ""]) => name));
  expect([...names].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
  expect(names).toContain("Call");
});

test("every webhook is described", () => {
  expect(Object.keys(document.webhooks)).toEqual(WEBHOOK_EVENT_TYPES);
});

describe("actual responses match the description:", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);

  const asked = (method: string, path: string, url: string, status: number, payload?: object) =>
    ({ method, path, url, status, payload }) as const;
  const unknown = `call_${"0".repeat(19)}`;

  test.each([
    asked("GET", "/api/health", "/api/health", 503),
    asked("GET", "/api/calls", "/api/calls", 200),
    asked("GET", "/api/calls", "/api/calls?limit=0", 400),
    asked("POST", "/api/calls", "/api/calls", 202, { peerId: "callee", metadata: { call: "c-1" } }),
    asked("POST", "/api/calls", "/api/calls", 400, { peerId: "callee", metadate: 1 }),
    asked("POST", "/api/calls", "/api/calls", 400, {}),
    asked("POST", "/api/calls", "/api/calls", 503, { peerId: "callee", recorderPeerId: "AwayRecorder" }),
    asked("GET", "/api/calls/{callId}", "/api/calls/CALL", 200),
    asked("GET", "/api/calls/{callId}", `/api/calls/${unknown}`, 404),
    asked("POST", "/api/calls/{callId}/stop", "/api/calls/CALL/stop", 202),
    asked("POST", "/api/calls/{callId}/files/{name}/links", "/api/calls/CALL/files/FILE/links", 201),
    asked("GET", "/api/calls/{callId}/files/{name}", "/api/calls/CALL/files/FILE", 200),
    asked("GET", "/api/calls/{callId}/files/{name}", "/api/calls/CALL/files/nothing", 404),
    asked("GET", "/api/session", "/api/session", 200),
    asked("POST", "/api/session", "/api/session", 401, { token: "wrong" }),
    asked("GET", "/api/client-configuration", "/api/client-configuration", 200),
    asked("GET", "/api/webhooks", "/api/webhooks", 200),
    asked("GET", "/api/webhooks/messages", "/api/webhooks/messages", 200),
    asked("POST", "/api/webhooks/messages/{messageId}/resend", "/api/webhooks/messages/MESSAGE/resend", 202),
    asked("POST", "/api/webhooks/messages/{messageId}/resend", "/api/webhooks/messages/msg_1/resend", 404),
    asked("POST", "/api/webhooks/{name}/enable", "/api/webhooks/crm/enable", 204),
    asked("GET", "/api/jobs", "/api/jobs", 200),
    asked("GET", "/api/jobs/{jobId}", "/api/jobs/JOB", 200),
    asked("GET", "/api/jobs/{jobId}", "/api/jobs/job_1", 404),
    asked("POST", "/api/jobs/{jobId}/retry", "/api/jobs/JOB/retry", 409),
    asked("POST", "/api/jobs/{jobId}/cancel", "/api/jobs/JOB/cancel", 200),
    asked("DELETE", "/api/calls/{callId}", "/api/calls/CALL", 200),
  ])("$method $url: $status", async ({ method, path, url, status, payload }) => {
    jobId ??= (await api.jobs.queue({ name: "nothing" }, { callId: api.callId, order: {} })).id;
    const messages = await api.app.inject({ url: "/api/webhooks/messages", headers: HEADERS });
    const filled = url
      .replace("CALL", api.callId)
      .replace("FILE", api.fileName)
      .replace("JOB", jobId)
      .replace("MESSAGE", messages.json().messages[0]?.id);
    const answer = await api.app.inject({
      method,
      url: filled,
      headers: HEADERS,
      ...(payload && { payload }),
    } as never);
    expect(answer.statusCode, answer.body).toBe(status);
    const response = document.paths[path]?.[method.toLowerCase()]?.responses[status];
    const schema = response?.content?.["application/json"]?.schema;
    if (!schema) {
      expect(response).toBeDefined();
      expect(answer.headers["content-type"] ?? "").not.toContain("json");
      return;
    }
    const validate = ajv.compile({ ...closed(schema), components: closed(document.components) });
    expect(validate(answer.json()), JSON.stringify(validate.errors)).toBe(true);
  });
});

/** The same schema without additional properties, so that undescribed fields are found. */
function closed<Schema extends object>(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_, value) =>
    value?.type === "object" && value.properties ? { additionalProperties: false, ...value } : value,
  );
}
