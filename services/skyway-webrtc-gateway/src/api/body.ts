import type { FastifyInstance } from "fastify";
import { GatewayError } from "../errors.ts";

/**
 * Parses bodies as JSON whatever their content type is: Ruby's Net::HTTP and Unity send
 * application/x-www-form-urlencoded or none. An empty body counts as {}; the body of a DELETE is ignored.
 */
export function readBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    // C# sends a byte order mark first.
    const text = (body as string).replace(/^\uFEFF/, "").trim();
    if (text === "" || request.method === "DELETE") return done(null, {});
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      done(new GatewayError("MALFORMED_JSON", undefined, { field: "body", cause: error }));
    }
  });
  app.addHook("onRequest", async ({ raw }) => {
    // Fastify rejects malformed content types before it calls a parser.
    if (raw.headers["content-type"] !== undefined) raw.headers["content-type"] = "application/json";
  });
}
