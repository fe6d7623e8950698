import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/**
 * A second port of the same server. The reverse proxy does not forward to it, so its clients are services of this
 * bundle. A header would be no proof, because every client can set it.
 */
export interface InternalListener {
  readonly port: number;
  /** Address of a client of this port, even after its connection was closed; undefined for other clients. */
  addressOf(socket: Socket): string | undefined;
  close(): void;
}

/** @param main handles all requests as if they had arrived on its own port. */
export async function openInternalListener(main: HttpServer, port: number, host: string): Promise<InternalListener> {
  const server = createServer((request, response) => main.emit("request", request, response));
  server.on("upgrade", (request, socket, head) => main.emit("upgrade", request, socket, head));
  // Looked up after a request has ended, when a closed socket no longer has its addresses.
  const addresses = new WeakMap<Socket, string>();
  server.on("connection", (socket) => addresses.set(socket, socket.remoteAddress ?? "unknown"));
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    addressOf: (socket) => addresses.get(socket),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
