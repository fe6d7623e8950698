import type { Server as HttpServer } from "node:http";
import type { Logger } from "pino";
import { Server, type Socket } from "socket.io";
import { ERRORS, RegistrationRefused } from "./errors.ts";
import { CLIENT_MESSAGES, type ClientMessage, HANDSHAKE, MESSAGE_LIMIT_BYTES } from "./messages.ts";
import type { Peer, PeerRegistry } from "./peerRegistry.ts";
import { RateLimit } from "./rateLimit.ts";
import { relay } from "./relay.ts";

/** skyway-js sends PING every 25 s, and engine.io does not time out its protocol version once on WebSocket. */
export const SILENCE_LIMIT_MS = 65_000;
const WATCH_INTERVAL_MS = 5_000;

/** The door for skyway-js 4 and for gateways: socket.io with clients of Engine.IO 3 and 4. */
export function serveSockets(http: HttpServer, registry: PeerRegistry, log: Logger): Server {
  const io = new Server(http, {
    allowEIO3: true,
    // Without the origin reflected and credentials allowed, skyway-js polls for ever and reports nothing.
    cors: { origin: true, credentials: true },
    maxHttpBufferSize: MESSAGE_LIMIT_BYTES,
    serveClient: false,
  });
  const heardAt = new Map<Socket, number>();

  const watchdog = setInterval(() => {
    const deadline = Date.now() - SILENCE_LIMIT_MS;
    for (const [socket, at] of heardAt) if (at < deadline) socket.disconnect(true);
  }, WATCH_INTERVAL_MS);
  watchdog.unref();
  http.once("close", () => clearInterval(watchdog));

  io.on("connection", (socket) => {
    const peer = admit(socket);
    if (!peer) return;
    const limit = new RateLimit(Date.now());
    heardAt.set(socket, Date.now());

    socket.onAny((event: string, message: unknown) => {
      const now = Date.now();
      heardAt.set(socket, now);
      if (!limit.admits(now)) {
        log.warn({ peerId: peer.id }, "peer sends too fast");
        socket.emit("ERROR", ERRORS.TOO_FAST);
        socket.disconnect(true);
        return;
      }
      if (!Object.hasOwn(CLIENT_MESSAGES, event)) return;
      const understood = relay(registry, peer, event as ClientMessage, message);
      log.debug({ peerId: peer.id, event, understood }, "message");
    });
    socket.once("disconnect", (reason) => {
      heardAt.delete(socket);
      registry.leave(peer);
      log.info({ peerId: peer.id, reason }, "peer left");
    });
    socket.emit("OPEN", { peerId: peer.id });
    log.info({ peerId: peer.id }, "peer registered");
  });

  function admit(socket: Socket): Peer | undefined {
    try {
      const handshake = HANDSHAKE.safeParse(socket.handshake.query);
      if (!handshake.success) throw new RegistrationRefused("INVALID_KEY");
      const { apiKey, peerId, token } = handshake.data;
      return registry.register(apiKey, peerId === "" ? undefined : peerId, token, {
        send: (event, message) => socket.emit(event, message),
        drop: () => socket.disconnect(true),
      });
    } catch (error) {
      if (!(error instanceof RegistrationRefused)) throw error;
      log.warn({ code: error.code, peerId: socket.handshake.query["peerId"] }, "registration refused");
      socket.emit("ERROR", ERRORS[error.code]);
      // The packet above has to leave first; a transport that is closed at once takes it along.
      setImmediate(() => socket.disconnect(true));
      return undefined;
    }
  }

  return io;
}
