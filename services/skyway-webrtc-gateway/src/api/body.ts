import type { FastifyInstance } from "fastify";
import { GatewayError } from "../errors.ts";

/**
 * Bodies are JSON whatever their content type says: Ruby's Net::HTTP sends application/x-www-form-urlencoded or
 * none, Unity the same. Empty ones are empty objects, and nobody cares what a DELETE carries.
 */
export function readBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    // C# puts a byte order mark in front.
    const text = (body as string).replace(/^\uFEFF/, "").trim();
    if (text === "" || request.method === "DELETE") return done(null, {});
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      done(new GatewayError("MALFORMED_JSON", undefined, { field: "body", cause: error }));
    }
  });
  app.addHook("onRequest", async ({ raw }) => {
    // Content types that make no sense are refused before any parser sees the body.
    if (raw.headers["content-type"] !== undefined) raw.headers["content-type"] = "application/json";
  });
}
