import type { FastifyInstance } from "fastify";
import { z } from "zod";
import own from "../../../package.json" with { type: "json" };
import { ERRORS, type ErrorCode, RecorderError } from "../../errors.ts";
import { WEBHOOK_EVENTS } from "../webhooks/events.ts";
import { ErrorAnswer } from "./answers.ts";
import { type Components, jsonSchema, namedComponents } from "./jsonSchema.ts";
import { type Answer, type Operation, operation } from "./operation.ts";

export interface DescribedRoute {
  method: string;
  url: string;
  operation: Operation | undefined;
}

const EVERYWHERE: readonly ErrorCode[] = ["BAD_PARAMETER", "LOGIN_NEEDED", "TOKEN_REFUSED", "TOO_MANY_FAILED_LOGINS"];
const TITLE = "skyway-call-recorder";

/** `GET /api/openapi.json`: describes all routes below `/api/` that are added after this call. */
export function serveDescription(app: FastifyInstance): DescribedRoute[] {
  const routes: DescribedRoute[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) {
      if (url.startsWith("/api/") && one !== "HEAD") routes.push({ method: one, url, operation: config?.operation });
    }
  });
  const description = operation({
    summary: "This description",
    answers: { 200: { description: "An OpenAPI 3.1 document.", schema: z.looseObject({}) } },
  });
  let document: object | undefined;
  app.get("/api/openapi.json", description, async () => {
    document ??= describeApi(routes);
    return document;
  });
  return routes;
}

/** The OpenAPI 3.1 document of all routes and webhooks. */
export function describeApi(routes: readonly DescribedRoute[]): object {
  const components: Components = {};
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, url, operation: described } of routes) {
    if (!described) continue;
    const path = url.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationObject(url, described, components) };
  }
  const webhooks = Object.entries(WEBHOOK_EVENTS).map(([type, data]) => [type, webhookObject(type, data, components)]);
  return {
    openapi: "3.1.1",
    info: {
      title: TITLE,
      version: own.version,
      description: "Query parameters that an operation does not list are refused with `BAD_PARAMETER`.",
      license: { name: "Apache 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    webhooks: Object.fromEntries(webhooks),
    components: {
      schemas: namedComponents(components),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "API_TOKEN. If it is not set, no login is required." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "call_recorder_session",
          description: "The console's session cookie.",
        },
      },
    },
  };
}

function operationObject(url: string, described: Operation, components: Components): object {
  const { summary, description, query, body, answers, errors = [], isOpen } = described;
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    ...{ name, in: "query", required: !schema.safeParse(undefined).success },
    schema: jsonSchema(schema, components),
  }));
  const responses = Object.entries(answers).map(([status, answer]) => [status, responseObject(answer, components)]);
  const usual = isOpen ? EVERYWHERE.slice(0, 1) : EVERYWHERE;
  return {
    summary,
    ...(description && { description }),
    ...(isOpen && { security: [] }),
    parameters: [...inPath, ...inQuery],
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { "application/json": { schema: jsonSchema(body, components, "input") } },
      },
    }),
    responses: { ...Object.fromEntries(responses), ...errorResponses([...errors, ...usual], components) },
  };
}

function responseObject({ description, schema, mediaType }: Answer, components: Components): object {
  if (!schema && !mediaType) return { description };
  const content = { [mediaType ?? "application/json"]: schema ? { schema: jsonSchema(schema, components) } : {} };
  return { description, content };
}

/** One response for each status, which lists its error codes. */
function errorResponses(codes: readonly ErrorCode[], components: Components): Record<string, object> {
  const byStatus = Map.groupBy(new Set(codes), (code) => new RecorderError(code).status);
  const responses = [...byStatus].map(([status, those]) => {
    const description = those.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join("; ");
    return [status, responseObject({ description, schema: ErrorAnswer }, components)];
  });
  return Object.fromEntries(responses);
}

function webhookObject(type: string, data: z.ZodObject, components: Components): object {
  const message = z.object({ id: z.string(), type: z.literal(type), timestamp: z.iso.datetime(), data });
  const headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
    ...{ name, in: "header", required: true, schema: { type: "string" } },
  }));
  return {
    post: {
      summary: type,
      description: "Signed as defined by Standard Webhooks.",
      security: [],
      parameters: headers,
      requestBody: { content: { "application/json": { schema: jsonSchema(message, components) } } },
      responses: {
        "2XX": { description: "Delivered." },
        410: { description: "The receiver wants no more messages and is disabled." },
      },
    },
  };
}
