import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { errorMessage } from "../errors.ts";
import { generatePeerId, generateToken, PeerId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { isOfferable } from "../messages.ts";
import type { Metrics } from "../metrics.ts";
import type { ProtocolServer } from "../protocolServer.ts";
import { Session } from "../session.ts";
import type { Tenants } from "../tenants.ts";
import { iceServerFor, linksOf, type Turn } from "../turn.ts";
import { parseBearer } from "./bearer.ts";
import { WhipError } from "./errors.ts";
import { iceOf, parseFragment } from "./sdpFragment.ts";
import { notTaken, sendsMedia, unbundled } from "./takenMedia.ts";
import { WhipLink } from "./whipLink.ts";

const OFFER_TYPE = "application/sdp";
const FRAGMENT_TYPE = "application/trickle-ice-sdpfrag";
const OFFER_LIMIT_CHARACTERS = 200_000;
/** How long DELETE still succeeds for an ended session, because client and media often end at the same time. */
const ENDED_KEPT_MS = 60_000;
/** Lifetime of a session. After that, the call continues, but its client can no longer control it. */
const SESSION_LIFE_MS = 48 * 3_600_000;

/** Query parameter with the client's own peer id. */
const ID_PARAMETER = "id";
/** Query parameter: `true` allows an answer that takes only a part of the offer. All other parameters are metadata. */
const PARTIAL_PARAMETER = "partial";

interface WhipSession {
  apiKey: string;
  dst: string;
  link: WhipLink;
  session: Session;
}

type Endpoint = { Params: { dst: string }; Querystring: Record<string, unknown> };
type OneSession = { Params: { dst: string; id: string } };

/**
 * Serves WHIP (RFC 9725): `POST /whip/{peerId}` calls a peer, like `peer.call(peerId, stream, { metadata })`. A WHIP
 * client cannot receive messages, so signalling's messages become responses to its requests.
 */
export function serveWhip(
  app: FastifyInstance,
  tenants: Tenants,
  metrics: Metrics,
  turn: Turn | undefined,
  log: Logger,
): ProtocolServer {
  const sessions = new Map<string, WhipSession>();

  app.register(async (whip) => {
    whip.removeAllContentTypeParsers();
    for (const type of [OFFER_TYPE, FRAGMENT_TYPE]) {
      const options = { parseAs: "string" as const, bodyLimit: LIMITS.messageBytes };
      whip.addContentTypeParser(type, options, (_, body, done) => done(null, body));
    }
    whip.addHook("onRequest", async (_, reply) => {
      reply.header("access-control-expose-headers", "Location, ETag, Link, Accept-Patch, Accept-Post");
    });
    whip.setErrorHandler((error, _, reply) => sendError(error, reply));

    whip.post<Endpoint>("/whip/:dst", open);
    whip.patch<OneSession>("/whip/:dst/:id", change);
    whip.delete<OneSession>("/whip/:dst/:id", async (request, reply) => {
      find(request).link.hangUp();
      return reply.code(200).send();
    });
    for (const [url, methods] of [
      ["/whip/:dst", "OPTIONS, POST"],
      ["/whip/:dst/:id", "OPTIONS, PATCH, DELETE"],
    ] as const) {
      whip.options(url, async (_, reply) =>
        reply
          .code(204)
          .headers({ "accept-post": OFFER_TYPE, "accept-patch": FRAGMENT_TYPE })
          .headers({ allow: methods, "access-control-allow-methods": methods })
          .headers({ "access-control-allow-headers": "Authorization, Content-Type, If-Match" })
          .send(),
      );
      whip.route({
        method: url.endsWith(":id") ? ["GET", "HEAD", "PUT", "POST"] : ["GET", "HEAD", "PUT", "PATCH", "DELETE"],
        url,
        handler: async (_, reply) => sendError(WhipError.because("METHOD_NOT_ALLOWED"), reply.header("allow", methods)),
      });
    }
  });

  async function open(request: FastifyRequest<Endpoint>, reply: FastifyReply) {
    const bearer = parseBearer(request.headers.authorization);
    if (!bearer) throw WhipError.because("TOKEN_REFUSED");
    if (sessions.size >= LIMITS.sockets) throw WhipError.because("TOO_MANY_SESSIONS");
    const dst = PeerId.safeParse(request.params.dst).data;
    if (!dst) throw WhipError.of(errorMessage("PEER_UNAVAILABLE"));
    const offer = typeof request.body === "string" ? request.body : "";
    if (offer.length > OFFER_LIMIT_CHARACTERS) throw WhipError.because("OFFER_TOO_LARGE");
    if (!isOfferable(offer) || !iceOf(offer)) throw WhipError.because("INVALID_OFFER");

    const { [ID_PARAMETER]: peerId, [PARTIAL_PARAMETER]: partial, ...metadata } = request.query;
    const mustBeWhole = partial !== "true";
    if (!sendsMedia(offer)) throw WhipError.because("NOTHING_SENT");
    const apart = mustBeWhole ? unbundled(offer) : [];
    if (apart.length > 0) throw WhipError.because("NO_BUNDLE", apart);
    const id = generateToken();
    const link = new WhipLink(dst, offer, metadata, tenants.clock, {
      send: (message) => session.pass(message),
      onEnd: (reason) => {
        session.ended("left", reason);
        metrics.closed(link.protocol);
        cancelLife();
        tenants.clock.after(ENDED_KEPT_MS, () => sessions.delete(id));
      },
    });
    const session = new Session(link, tenants, metrics, log);
    const cancelLife = tenants.clock.after(SESSION_LIFE_MS, () => link.close());
    sessions.set(id, { apiKey: bearer.apiKey, dst, link, session });
    metrics.opened(link.protocol);
    const answer = link.answered();
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) link.hangUp(); // the client disconnected before the response
    });
    session.join({ apiKey: bearer.apiKey, peerId, token: undefined, credential: bearer.credential });
    try {
      const sdp = await answer;
      const missing = mustBeWhole ? notTaken(offer, sdp) : [];
      if (missing.length > 0) throw WhipError.because("NOT_RECORDED", missing);
      if (turn) reply.header("link", linksOf(iceServerFor(turn, generatePeerId(), tenants.clock.now())));
      return await reply
        .code(201)
        .type(OFFER_TYPE)
        .headers({ location: `/whip/${encodeURIComponent(dst)}/${id}`, etag: link.etag, "accept-patch": FRAGMENT_TYPE })
        .send(sdp);
    } catch (error) {
      link.hangUp(); // the peer may still be preparing an answer
      sessions.delete(id);
      throw error;
    }
  }

  async function change(request: FastifyRequest<OneSession>, reply: FastifyReply) {
    const { link, session } = find(request);
    if (!link.isOpen) throw WhipError.because("SESSION_NOT_FOUND");
    const text = typeof request.body === "string" ? request.body : "";
    session.count(text.length);
    const wanted = request.headers["if-match"];
    if (wanted === undefined) throw WhipError.because("IF_MATCH_NEEDED");
    const fragment = parseFragment(text);
    if (!fragment) throw WhipError.because("INVALID_FRAGMENT");
    if (wanted !== "*" && wanted !== link.etag) throw WhipError.because("NOT_THIS_ICE_SESSION");
    if (fragment.ice.ufrag !== link.iceUfrag) {
      if (wanted !== "*") throw WhipError.because("NOT_THIS_ICE_SESSION");
      const theirs = await link.restart(fragment);
      return reply.code(200).type(FRAGMENT_TYPE).header("etag", link.etag).send(theirs);
    }
    link.addCandidates(fragment);
    return reply.code(204).send();
  }

  function find({ params, headers }: FastifyRequest<OneSession>): WhipSession {
    const bearer = parseBearer(headers.authorization);
    const session = sessions.get(params.id);
    if (!session || session.dst !== params.dst) throw WhipError.because("SESSION_NOT_FOUND");
    if (session.apiKey !== bearer?.apiKey) throw WhipError.because("TOKEN_REFUSED");
    return session;
  }

  return {
    // A client is silent between its requests. The peer hangs up when the media ends.
    watch() {},
    close() {
      for (const { session, link } of sessions.values()) {
        session.abandon();
        link.close();
      }
    },
  };
}

function sendError(error: unknown, reply: FastifyReply) {
  const { code, status, message } = error instanceof WhipError ? error : ofFastify(error);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (status === 415) reply.headers({ "accept-post": OFFER_TYPE, "accept-patch": FRAGMENT_TYPE });
  if (status === 503) reply.header("retry-after", "5");
  return reply.code(status).type("application/json").send({ error: { code, message } });
}

function ofFastify(error: unknown): { code: string; status: number; message: string } {
  const { statusCode = 500, message = "" } = error as { statusCode?: number; message?: string };
  if (statusCode === 415) {
    return { code: "UNSUPPORTED_MEDIA_TYPE", status: 415, message: `Send ${OFFER_TYPE} or ${FRAGMENT_TYPE}.` };
  }
  if (statusCode < 500) return { code: "BAD_REQUEST", status: statusCode, message };
  return { code: "INTERNAL", status: 500, message: "Signalling failed." };
}
