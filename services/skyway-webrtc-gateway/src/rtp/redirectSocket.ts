import type { Socket } from "node:dgram";
import { createNumericSocket, type Family, familyOf } from "./numericSocket.ts";

/** A numeric address. */
export interface Address {
  host: string;
  port: number;
}

/**
 * Sends all redirected packets, with one socket for each address family. Recorders come and go, so an error of a
 * destination is only counted: a call must not end because its recorder ended.
 */
export class RedirectSocket {
  #ipv4: Socket | undefined;
  #ipv6: Socket | undefined;
  errors = 0;

  send(packet: Uint8Array, { host, port }: Address): void {
    try {
      const socket = this.#socketFor(host);
      socket.send(packet, port, host, this.#sent);
    } catch {
      this.errors++;
    }
  }

  /** Resolves when all packets were sent. */
  async close(): Promise<void> {
    const sockets = [this.#ipv4, this.#ipv6].filter((socket) => socket !== undefined);
    this.#ipv4 = undefined;
    this.#ipv6 = undefined;
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  readonly #sent = (error: Error | null): void => {
    if (error) this.errors++;
  };

  #socketFor(host: string): Socket {
    if (familyOf(host) === 6) {
      this.#ipv6 ??= this.#open(6);
      return this.#ipv6;
    }
    this.#ipv4 ??= this.#open(4);
    return this.#ipv4;
  }

  #open(family: Family): Socket {
    const socket = createNumericSocket(family);
    socket.on("error", () => this.errors++);
    socket.unref();
    return socket;
  }
}
