import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import type { Access } from "../access/access.ts";
import { isFromForeignPage } from "../access/foreignPage.ts";
import { RecorderError } from "../errors.ts";
import { parseParameters } from "./errorReplies.ts";
import { checkToken, isAdmitted } from "./gate.ts";

const Login = z.strictObject({ token: z.string().min(1).max(512) });
const PATH = "/api/session";

/** The console's login: a token in, a cookie out. */
export function serveSession(app: FastifyInstance, access: Access, log: Logger): void {
  app.get(PATH, async (request) => ({ required: !access.isOpen, admitted: isAdmitted(request, access) }));

  app.post(PATH, async (request, reply) => {
    if (isFromForeignPage(request.headers, request.host)) throw new RecorderError("FOREIGN_PAGE");
    const { token } = parseParameters(Login, request.body);
    if (!access.isOpen) {
      checkToken(token, request, reply, access, log);
      reply.header("set-cookie", access.sessions.open(isOverTls(request)));
    }
    return reply.code(204).send();
  });

  app.delete(PATH, async (request, reply) => {
    if (isFromForeignPage(request.headers, request.host)) throw new RecorderError("FOREIGN_PAGE");
    return reply
      .header("set-cookie", access.sessions.close(isOverTls(request)))
      .code(204)
      .send();
  });
}

/** The browser's word, too: a proxy in front of the front door may be the one that speaks TLS. */
function isOverTls({ protocol, headers }: FastifyRequest): boolean {
  return protocol === "https" || headers.origin?.startsWith("https:") === true;
}
