import type { Server as HttpServer } from "node:http";
import type { Logger } from "pino";
import { Server, type Socket } from "socket.io";
import { LIMITS } from "../limits.ts";
import { HANDSHAKE_LIMIT_MS, WATCH_INTERVAL_MS } from "../times.ts";
import type { Worlds } from "../worlds.ts";
import { Session } from "./session.ts";

/** The door for skyway-js 4 and for gateways. */
export interface SkywayDoor {
  /** Drops every client in such a way that it comes back by itself, and nobody is told that it left. */
  close(): void;
}

/** Serves socket.io to clients of Engine.IO 3 (skyway-js) and 4 on an HTTP server. */
export function serveSkyway(http: HttpServer, worlds: Worlds, log: Logger): SkywayDoor {
  const sessions = new Set<Session>();
  const io = new Server(http, {
    allowEIO3: true,
    // Without the origin reflected and credentials allowed, skyway-js polls for ever and reports nothing.
    cors: { origin: true, credentials: true },
    connectTimeout: HANDSHAKE_LIMIT_MS,
    maxHttpBufferSize: LIMITS.messageBytes,
    httpCompression: false,
    serveClient: false,
    allowRequest: (_, decide) => {
      const isFull = io.engine.clientsCount >= LIMITS.sockets;
      decide(isFull ? "too many sockets" : null, !isFull);
    },
  });

  io.on("connection", (socket: Socket) => {
    const session = new Session(socket, worlds, log);
    sessions.add(session);
    socket.once("disconnect", (reason) => {
      sessions.delete(session);
      session.ended(reason);
    });
    session.start();
  });

  let timer = worlds.clock.after(WATCH_INTERVAL_MS, watch);
  function watch(): void {
    for (const session of sessions) session.watch();
    timer = worlds.clock.after(WATCH_INTERVAL_MS, watch);
  }

  return {
    close() {
      timer.cancel();
      for (const session of sessions) session.abandon();
      io.engine.close();
    },
  };
}
