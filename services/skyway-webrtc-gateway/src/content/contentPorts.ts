import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { GatewayError } from "../errors.ts";
import type { AudioId, DataId, RtcpId, VideoId } from "../ids.ts";

/** The official gateway opens ports in order, starting here. */
export const FIRST_PORT = 50_001;
const LAST_PORT = 65_535;
/** Each port needs a file descriptor; a program needs only a few ports. */
export const MAX_OPEN_PORTS = 1_000;

/**
 * A burst must fit into the buffer, because the kernel drops what does not. By default it has room for 92 packets of 1,400
 * bytes, less than a keyframe. Linux grants at most net.core.rmem_max, mostly enough for 184.
 */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export type ContentId = VideoId | AudioId | RtcpId | DataId;

/** A UDP port to which a program sends media, RTCP or data. */
export interface ContentPort {
  readonly id: ContentId;
  readonly port: number;
  readonly socket: Socket;
  /** Handlers by connection. One connection may have several. */
  readonly users: Map<string, Set<DatagramHandler>>;
}

/** All handlers share the datagram: they must not modify it. */
export type DatagramHandler = (datagram: Buffer) => void;

/** All content ports. They do not belong to a peer; connections attach to them by id. */
export class ContentPorts {
  readonly #bindAddress: string;
  readonly #open = new Map<string, ContentPort>();
  /** Ports that are being opened, so that concurrent requests cannot exceed the limit. */
  #opening = 0;
  #nextPort = FIRST_PORT;

  /** @param bindAddress numeric IPv4 or IPv6. */
  constructor(bindAddress: string) {
    this.#bindAddress = bindAddress;
  }

  /** Opens the next free port. @throws GatewayError NO_PORT_LEFT. */
  async open(id: ContentId): Promise<ContentPort> {
    if (this.#open.size + this.#opening >= MAX_OPEN_PORTS) throw new GatewayError("NO_PORT_LEFT");
    this.#opening += 1;
    try {
      const { socket, port } = await this.#bindNext();
      const opened = { id, port, socket, users: new Map<string, Set<DatagramHandler>>() };
      // Datagrams are read even without a connection, so that a later one does not receive old ones.
      socket.on("message", (datagram) => {
        for (const handlers of opened.users.values()) for (const handle of handlers) handle(datagram);
      });
      this.#open.set(id, opened);
      return opened;
    } finally {
      this.#opening -= 1;
    }
  }

  find(id: string): ContentPort | undefined {
    return this.#open.get(id);
  }

  /** @throws GatewayError UNKNOWN_ID, SOCKET_IN_USE. */
  close(id: string, field: string): void {
    const found = this.#open.get(id);
    if (!found) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    if (found.users.size > 0) throw new GatewayError("SOCKET_IN_USE", undefined, { field });
    this.#close(found);
  }

  /** Attaches a connection to a port. @throws GatewayError UNKNOWN_ID. */
  attach(id: string, user: string, field: string, handle: DatagramHandler): ContentPort {
    const found = this.#open.get(id);
    if (!found) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    const handlers = found.users.get(user);
    if (handlers) handlers.add(handle);
    else found.users.set(user, new Set([handle]));
    return found;
  }

  /** Detaches a connection from its ports, which stay open. */
  withdraw(user: string): void {
    for (const { users } of this.#open.values()) users.delete(user);
  }

  /** Detaches a connection that has ended, and closes its ports unless another connection uses them. */
  detach(user: string): void {
    for (const one of this.#open.values()) if (one.users.delete(user) && one.users.size === 0) this.#close(one);
  }

  closeAll(): void {
    for (const one of this.#open.values()) this.#close(one);
  }

  #close(one: ContentPort): void {
    this.#open.delete(one.id);
    one.socket.close();
  }

  async #bindNext(): Promise<{ socket: Socket; port: number }> {
    for (let tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      const socket = await this.#bind(port);
      if (socket) return { socket, port };
    }
    throw new GatewayError("NO_PORT_LEFT");
  }

  /** @returns undefined if another program uses the port. */
  async #bind(port: number): Promise<Socket | undefined> {
    const socket = createSocket(isIPv6(this.#bindAddress) ? "udp6" : "udp4");
    try {
      socket.bind(port, this.#bindAddress);
      await once(socket, "listening");
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      // Later errors concern single packets.
      return socket.on("error", () => {});
    } catch (error) {
      socket.close();
      if ((error as { code?: string }).code === "EADDRINUSE") return undefined;
      throw new GatewayError("NO_PORT_LEFT", (error as Error).message, { cause: error });
    }
  }
}
