import type { Server as HttpServer } from "node:http";
import type { Logger } from "pino";
import { Server, type Socket } from "socket.io";
import type { Door } from "../door.ts";
import { LIMITS } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { Session } from "../session.ts";
import type { SideDoor } from "../sideDoor.ts";
import { HANDSHAKE_LIMIT_MS, PAGE_PING_INTERVAL_MS, PAGE_PING_LIMIT_MS } from "../times.ts";
import type { Worlds } from "../worlds.ts";
import { bePatientWith } from "./patience.ts";
import { receive } from "./receive.ts";
import { SocketLink } from "./socketLink.ts";

/**
 * The door for skyway-js 4 and for gateways: socket.io for clients of Engine.IO 3 (skyway-js) and 4.
 *
 * @param sideDoor by which services of this bundle come, if there is one.
 */
export function serveSkyway(
  http: HttpServer,
  worlds: Worlds,
  metrics: Metrics,
  log: Logger,
  sideDoor: () => SideDoor | undefined,
): Door {
  const sessions = new Map<Session, SocketLink>();
  const io = new Server(http, {
    allowEIO3: true,
    // Without the origin reflected and credentials allowed, skyway-js polls for ever and reports nothing.
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

  io.engine.on("connection", bePatientWith);
  io.on("connection", (socket: Socket) => {
    const inside = sideDoor()?.addressOf(socket.request.socket);
    const link = new SocketLink(socket, worlds.clock, inside);
    const session = new Session(link, worlds, metrics, log);
    sessions.set(session, link);
    metrics.opened(link.protocol);
    socket.once("disconnect", (reason) => {
      sessions.delete(session);
      metrics.closed(link.protocol);
      session.ended(link.manner(reason), reason);
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
