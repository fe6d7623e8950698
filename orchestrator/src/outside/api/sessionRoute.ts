import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { Access } from "../access/access.ts";
import { isFromForeignPage } from "../access/foreignPage.ts";
import { Session } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { checkToken, isAdmitted } from "./gate.ts";
import { operation } from "./operation.ts";

const Login = z.strictObject({ token: z.string().min(1).max(512) });
const PATH = "/api/session";

/** The console's login: checks the token and sets a cookie. */
export function serveSession(app: FastifyInstance, access: Access, log: Logger): void {
  const look = operation({
    summary: "Whether a login is required, and whether this request is logged in",
    answers: { 200: { description: "`required` and `admitted`.", schema: Session } },
    isOpen: true,
  });
  app.get(PATH, look, async (request) => ({ required: !access.isOpen, admitted: await isAdmitted(request, access) }));

  const logIn = operation({
    summary: "Logs the console in",
    body: Login,
    answers: { 204: { description: "Logged in; sets the session cookie." } },
    errors: ["TOKEN_REFUSED", "TOO_MANY_FAILED_LOGINS", "FOREIGN_PAGE"],
    isOpen: true,
  });
  app.post(PATH, logIn, async (request, reply) => {
    if (isFromForeignPage(request.headers, request.host)) throw new RecorderError("FOREIGN_PAGE");
    const { token } = parseParameters(Login, request.body);
    if (!access.isOpen) {
      await checkToken(token, request, reply, access, log);
      reply.header("set-cookie", access.sessions.open(isOverTls(request)));
    }
    return reply.code(204).send();
  });

  const logOut = operation({
    summary: "Logs the console out",
    answers: { 204: { description: "Logged out; deletes the session cookie." } },
    errors: ["FOREIGN_PAGE"],
    isOpen: true,
  });
  app.delete(PATH, logOut, async (request, reply) => {
    if (isFromForeignPage(request.headers, request.host)) throw new RecorderError("FOREIGN_PAGE");
    return reply
      .header("set-cookie", access.sessions.close(isOverTls(request)))
      .code(204)
      .send();
  });
}

/** Also checks the browser's `Origin`, because a proxy in front of the front door may terminate TLS. */
function isOverTls({ protocol, headers }: FastifyRequest): boolean {
  return protocol === "https" || headers.origin?.startsWith("https:") === true;
}
