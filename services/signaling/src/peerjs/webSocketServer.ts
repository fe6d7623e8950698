import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { peerJsDisconnectKindOf } from "../disconnectKind.ts";
import { LIMITS } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { ProtocolServer } from "../protocolServer.ts";
import { Session } from "../session.ts";
import type { Tenants } from "../tenants.ts";
import { apiKeyOf } from "./apiKey.ts";
import { parsePeerJsMessage } from "./clientMessages.ts";
import { servePeerJsRest } from "./restApi.ts";
import { WebSocketLink } from "./webSocketLink.ts";

/** `new Peer(id, {path: "/"})` and `{path: "/peerjs"}`: PeerJS appends `peerjs` to both. */
const PATHS = new Set(["/peerjs", "/peerjs/peerjs"]);

/** Serves PeerJS 1: WebSockets and the REST paths for ids. */
export function servePeerJs(app: FastifyInstance, tenants: Tenants, metrics: Metrics, log: Logger): ProtocolServer {
  const sessions = new Map<Session, WebSocketLink>();
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: LIMITS.messageBytes });

  app.server.on("upgrade", (request, socket, head) => {
    const { pathname, searchParams } = addressOf(request);
    if (!PATHS.has(pathname)) return; // For another protocol. engine.io closes unknown paths.
    if (sessions.size >= LIMITS.sockets) socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    else server.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, searchParams));
  });
  servePeerJsRest(app, tenants);

  function welcome(webSocket: WebSocket, query: URLSearchParams): void {
    const link = new WebSocketLink(webSocket, tenants.clock);
    const session = new Session(link, tenants, metrics, log);
    sessions.set(session, link);
    metrics.opened(link.protocol);
    webSocket.on("error", (error) => log.debug({ err: error.message }, "WebSocket failed"));
    webSocket.once("close", (code) => {
      sessions.delete(session);
      metrics.closed(link.protocol);
      session.ended(peerJsDisconnectKindOf(code), `close ${code}`);
    });
    webSocket.on("message", (data) => {
      const text = String(data);
      session.count(text.length);
      session.guard(() => {
        const message = session.isMember ? parsePeerJsMessage(text) : undefined;
        if (!message) return;
        link.noteSent(message);
        session.pass(message);
      });
    });
    const token = query.get("token");
    // PeerJS has no option for a credential. A page can only set the token.
    session.join({ apiKey: apiKeyOf(query.get("key")), peerId: query.get("id"), token, credential: token });
  }

  return {
    watch() {
      for (const link of sessions.values()) link.watch();
    },
    close() {
      for (const [session, link] of sessions) {
        session.abandon();
        link.close();
      }
    },
  };
}

function addressOf({ url }: IncomingMessage): URL {
  // Only path and query matter. An invalid URL matches no path of this server.
  return URL.parse(url ?? "/", "http://signaling") ?? new URL("http://signaling");
}
