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
    else if (!WITHOUT_LOGIN.has(route) && !hasLink(request, route)) await admit(request, reply);
  });

  function hasLink({ method, params, query }: FastifyRequest, route: string): boolean {
    if (route !== FILE_ROUTE || !isReading(method)) return false;
    const { callId, name } = FileParams.parse(params);
    return access.links.opens(callId, name, query);
  }

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = bearerOf(request);
    if (token !== undefined) {
      await checkToken(token, request, reply, access, log);
    } else if (!access.sessions.isOpen(request.headers.cookie)) {
      reply.header("www-authenticate", "Bearer");
      throw new RecorderError("LOGIN_NEEDED");
    } else if (!isReading(request.method) && !isFromOwnPage(request.headers, request.host)) {
      throw new RecorderError("FOREIGN_PAGE");
    }
  }
}

/** Whether a request is authorised. Counts a wrong token, and answers it late after too many. */
export async function isAdmitted(request: FastifyRequest, access: Access): Promise<boolean> {
  if (access.isOpen) return true;
  const token = bearerOf(request);
  if (token === undefined) return access.sessions.isOpen(request.headers.cookie);
  if (access.secret.matches(token)) return true;
  await access.failedLogins.refuse(request.ip);
  return false;
}

/** @throws RecorderError TOKEN_REFUSED, or TOO_MANY_FAILED_LOGINS after too many wrong tokens. */
export async function checkToken(
  token: string,
  { ip }: FastifyRequest,
  reply: FastifyReply,
  { failedLogins, secret }: Access,
  log: Logger,
): Promise<void> {
  if (secret.matches(token)) return;
  const { waitSeconds } = await failedLogins.refuse(ip);
  if (waitSeconds > 0) {
    reply.header("retry-after", String(waitSeconds));
    throw new RecorderError("TOO_MANY_FAILED_LOGINS", `try again in ${waitSeconds} s`);
  }
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
