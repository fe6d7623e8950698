import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { Access } from "../access/access.ts";
import { isFromForeignPage, isFromOwnPage } from "../access/foreignPage.ts";
import { hostName, isLoopback } from "../access/loopback.ts";

const FILE_ROUTE = "/api/calls/:callId/files/:name";
/** Routes without login. Health returns only its status without one. */
const WITHOUT_LOGIN: ReadonlySet<string> = new Set(["/api/session", "/api/health"]);
const FileParams = z.object({ callId: z.string(), name: z.string() });

/**
 * Checks every request below `/api/`, also for routes that are added later. The check uses the matched route pattern, so
 * no spelling of a path can bypass it.
 */
export function guardApi(app: FastifyInstance, access: Access, log: Logger): void {
  app.addHook("onRequest", async (request, reply) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith("/api/")) return;
    if (access.isOpen) refuseForeignPages(request);
    else if (!WITHOUT_LOGIN.has(route) && !hasLink(request, route)) admit(request, reply);
  });

  function hasLink({ method, params, query }: FastifyRequest, route: string): boolean {
    if (route !== FILE_ROUTE || !isReading(method)) return false;
    const { callId, name } = FileParams.parse(params);
    return access.links.opens(callId, name, query);
  }

  function admit(request: FastifyRequest, reply: FastifyReply): void {
    const token = bearerOf(request);
    if (token !== undefined) {
      checkToken(token, request, reply, access, log);
    } else if (!access.sessions.isOpen(request.headers.cookie)) {
      reply.header("www-authenticate", "Bearer");
      throw new RecorderError("LOGIN_NEEDED");
    } else if (!isReading(request.method) && !isFromOwnPage(request.headers, request.host)) {
      throw new RecorderError("FOREIGN_PAGE");
    }
  }
}

/** Whether a request is authorised. */
export function isAdmitted(request: FastifyRequest, access: Access): boolean {
  const token = bearerOf(request);
  if (token === undefined) return access.isOpen || access.sessions.isOpen(request.headers.cookie);
  return access.isOpen || (access.failedLogins.waitSeconds(request.ip) === 0 && access.secret.matches(token));
}

/** @throws RecorderError TOKEN_REFUSED, or TOO_MANY_FAILED_LOGINS after too many wrong tokens, even if this one is right. */
export function checkToken(
  token: string,
  { ip }: FastifyRequest,
  reply: FastifyReply,
  { failedLogins, secret }: Access,
  log: Logger,
): void {
  const wait = failedLogins.waitSeconds(ip);
  if (wait > 0) {
    reply.header("retry-after", String(wait));
    throw new RecorderError("TOO_MANY_FAILED_LOGINS", `try again in ${wait} s`);
  }
  if (secret.matches(token)) return;
  failedLogins.note(ip);
  log.warn({ address: ip }, "wrong API token refused");
  reply.header("www-authenticate", 'Bearer error="invalid_token"');
  throw new RecorderError("TOKEN_REFUSED");
}

/**
 * An API that is open on loopback is open to the users of that machine, but not to the web pages in their browsers:
 * neither to pages that send requests here, nor to pages whose host name was pointed here (DNS rebinding).
 */
function refuseForeignPages({ method, headers, host }: FastifyRequest): void {
  if (!isReading(method) && isFromForeignPage(headers, host)) throw new RecorderError("FOREIGN_PAGE");
  if (headers["x-forwarded-host"] !== undefined && !isLoopback(hostName(host))) {
    throw new RecorderError("TOKEN_NOT_SET", hostName(host).slice(0, 100));
  }
}

/** RFC 6750, section 2.1. */
function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(headers.authorization ?? "")?.[1];
}

const isReading = (method: string) => method === "GET" || method === "HEAD";
