import type { FastifyInstance } from "fastify";
import { RecorderError } from "../../errors.ts";

/**
 * Refuses query parameters that a route does not have, for every route with a description, also for those that are added
 * later: a misspelled filter that is ignored answers with everything.
 *
 * The error is BAD_PARAMETER and names the unknown parameters and the known ones.
 */
export function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ query, routeOptions }) => {
    const { operation } = routeOptions.config;
    if (!operation) return;
    const known = Object.keys(operation.query?.shape ?? {});
    const unknown = Object.keys(Object(query)).filter((name) => !known.includes(name));
    if (unknown.length === 0) return;
    const names = unknown.map((name) => name.slice(0, 50)).join(", ");
    const accepted = known.length > 0 ? `this request has ${known.join(", ")}` : "this request has none";
    throw new RecorderError("BAD_PARAMETER", `unknown: ${names.slice(0, 200)}; ${accepted}`);
  });
}
