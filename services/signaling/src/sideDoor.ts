import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/**
 * A second port of the same server, which the front door does not pass anything on to: whoever comes by it is a
 * service of this bundle. No header can say so, since everybody can write one.
 */
export interface SideDoor {
  readonly port: number;
  /** Of who came by it, also when its first connection is closed; undefined for everybody else. */
  addressOf(socket: Socket): string | undefined;
  close(): void;
}

/** @param house answers what comes, as if it had come by its own port. */
export async function openSideDoor(house: HttpServer, port: number, host: string): Promise<SideDoor> {
  const door = createServer((request, response) => house.emit("request", request, response));
  door.on("upgrade", (request, socket, head) => house.emit("upgrade", request, socket, head));
  // Looked up when a request is long over: what is closed does not tell its port any more.
  const addresses = new WeakMap<Socket, string>();
  door.on("connection", (socket) => addresses.set(socket, socket.remoteAddress ?? "unknown"));
  door.listen(port, host);
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    addressOf: (socket) => addresses.get(socket),
    close() {
      door.close();
      door.closeAllConnections();
    },
  };
}
