import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { GatewayError } from "../errors.ts";
import type { AudioId, DataId, RtcpId, VideoId } from "../ids.ts";

/** The official gateway opens ports one after the other from here. */
export const FIRST_PORT = 50_001;
const LAST_PORT = 65_535;
/** Each is a file descriptor; a program needs a handful. */
export const MAX_OPEN_PORTS = 1_000;

export type ContentId = VideoId | AudioId | RtcpId | DataId;

/** A UDP port into which a program sends media, RTCP or data. */
export interface ContentPort {
  readonly id: ContentId;
  readonly port: number;
  readonly socket: Socket;
  /** Connections that take from it, each by what it does with a datagram. One may take for two purposes. */
  readonly users: Map<string, Set<Take>>;
}

/** The datagram is shared by all who take it. */
export type Take = (datagram: Buffer) => void;

/** All ports for content. They belong to no peer; a connection that names one takes what arrives there. */
export class ContentPorts {
  readonly #bindAddress: string;
  readonly #open = new Map<string, ContentPort>();
  /** Ports that are being opened, so that two requests at once do not pass the limit. */
  #opening = 0;
  #nextPort = FIRST_PORT;

  /** @param bindAddress numeric IPv4 or IPv6. */
  constructor(bindAddress: string) {
    this.#bindAddress = bindAddress;
  }

  /** Opens the next port that is free. @throws GatewayError NO_PORT_LEFT. */
  async open(id: ContentId): Promise<ContentPort> {
    if (this.#open.size + this.#opening >= MAX_OPEN_PORTS) throw new GatewayError("NO_PORT_LEFT");
    this.#opening += 1;
    try {
      const { socket, port } = await this.#bindNext();
      const opened = { id, port, socket, users: new Map<string, Set<Take>>() };
      // Read even while nobody takes them: who attaches later gets what comes then.
      socket.on("message", (datagram) => {
        for (const takes of opened.users.values()) for (const take of takes) take(datagram);
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

  /** A connection takes from a port. @throws GatewayError UNKNOWN_ID. */
  attach(id: string, user: string, field: string, take: Take): ContentPort {
    const found = this.#open.get(id);
    if (!found) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    const takes = found.users.get(user);
    if (takes) takes.add(take);
    else found.users.set(user, new Set([take]));
    return found;
  }

  /** A connection takes from its ports no more; they stay open. */
  withdraw(user: string): void {
    for (const { users } of this.#open.values()) users.delete(user);
  }

  /** A connection has ended: ports that no other uses are closed with it. */
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

  /** @returns undefined if another program has the port. */
  async #bind(port: number): Promise<Socket | undefined> {
    const socket = createSocket(isIPv6(this.#bindAddress) ? "udp6" : "udp4");
    try {
      socket.bind(port, this.#bindAddress);
      await once(socket, "listening");
      // Errors of later are about single packets.
      return socket.on("error", () => {});
    } catch (error) {
      socket.close();
      if ((error as { code?: string }).code === "EADDRINUSE") return undefined;
      throw new GatewayError("NO_PORT_LEFT", (error as Error).message, { cause: error });
    }
  }
}
