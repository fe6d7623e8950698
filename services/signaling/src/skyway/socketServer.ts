import type { Server as HttpServer } from "node:http";
import type { Logger } from "pino";
import { Server, type Socket } from "socket.io";
import type { InternalListener } from "../internalListener.ts";
import { LIMITS } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { ProtocolServer } from "../protocolServer.ts";
import { Session } from "../session.ts";
import type { Tenants } from "../tenants.ts";
import { HANDSHAKE_LIMIT_MS, PAGE_PING_INTERVAL_MS, PAGE_PING_LIMIT_MS } from "../times.ts";
import { extendPingTimeout } from "./pingTimeout.ts";
import { receive } from "./receive.ts";
import { SocketLink } from "./socketLink.ts";

/**
 * Serves skyway-js 4 and gateways: socket.io for clients of Engine.IO 3 (skyway-js) and 4.
 *
 * @param internalListener the port for services of this bundle, if there is one.
 */
export function serveSkyway(
  http: HttpServer,
  tenants: Tenants,
  metrics: Metrics,
  log: Logger,
  internalListener: () => InternalListener | undefined,
): ProtocolServer {
  const sessions = new Map<Session, SocketLink>();
  const io = new Server(http, {
    allowEIO3: true,
    // Without a reflected origin and allowed credentials, skyway-js polls forever and reports no error.
    cors: { origin: true, credentials: true },
    connectTimeout: HANDSHAKE_LIMIT_MS,
    pingInterval: PAGE_PING_INTERVAL_MS,
    pingTimeout: PAGE_PING_LIMIT_MS,
    maxHttpBufferSize: LIMITS.messageBytes,
    httpCompression: false,
    serveClient: false,
    allowRequest: (_, decide) => {
      const isFull = io.engine.clientsCount >= LIMITS.sockets;
      decide(isFull ? "too many sockets" : null, !isFull);
    },
  });

  io.engine.on("connection", extendPingTimeout);
  io.on("connection", (socket: Socket) => {
    const internal = internalListener()?.addressOf(socket.request.socket);
    const link = new SocketLink(socket, tenants.clock, internal);
    const session = new Session(link, tenants, metrics, log);
    sessions.set(session, link);
    metrics.opened(link.protocol);
    socket.once("disconnect", (reason) => {
      sessions.delete(session);
      metrics.closed(link.protocol);
      session.ended(link.disconnectKind(reason), reason);
    });
    socket.conn.on("packet", ({ data }: { data?: string | Buffer }) => session.count(data?.length ?? 0));
    socket.onAny((name: string, body: unknown) => session.guard(() => receive(session, name, body)));
    const { apiKey, peerId, token, credential } = socket.handshake.query;
    session.join({ apiKey, peerId, token, credential });
  });

  return {
    watch() {
      for (const link of sessions.values()) link.watch();
    },
    close() {
      for (const session of sessions.keys()) session.abandon();
      io.engine.close();
    },
  };
}
