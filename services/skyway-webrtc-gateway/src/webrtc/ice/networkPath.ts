import type { Socket } from "node:dgram";
import { createNumericSocket, type Family, familyOf, isWildcard } from "../../rtp/numericSocket.ts";
import type { Address } from "../../rtp/redirectSocket.ts";

/** Packets wait here while the event loop is busy; the kernel may allow less. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/**
 * Everything to and from one address, by a port of ours that others use as well: what comes from there comes here and not
 * to them, since a connected socket goes before one that is not (udp(7)).
 */
export class NetworkPath {
  readonly remote: Address;
  readonly #socket: Socket;
  #isClosed = false;

  /**
   * Binds and connects in one go: in between, packets of others would come here, and be lost.
   *
   * @param port 0: any that is free. Others must allow that it is shared, see `sharePort`.
   * @param onDatagram may keep the buffer.
   */
  constructor(bindAddress: string, port: number, remote: Address, onDatagram: (datagram: Buffer) => void) {
    this.remote = remote;
    const family = familyOf(remote.host);
    this.#socket = createNumericSocket(family, { reuseAddr: port !== 0, recvBufferSize: RECEIVE_BUFFER_BYTES });
    // The other side has gone, or the port is not to be had: nothing comes, which ICE notices.
    let isRefused = false;
    this.#socket.on("error", () => {
      isRefused = true;
    });
    this.#socket.on("message", (datagram, { address, port }) => {
      if (!this.#isClosed && port === remote.port && address === remote.host) onDatagram(datagram);
    });
    this.#socket.bind(port, isWildcard(bindAddress) ? anyAddress(family) : bindAddress);
    // One that is not bound would be, to some other port.
    if (!isRefused) this.#socket.connect(remote.port, remote.host);
    this.#socket.unref();
  }

  /** Where the other side has to send to. */
  get local(): Address {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  send(datagram: Buffer): void {
    try {
      if (!this.#isClosed) this.#socket.send(datagram, ignoreError);
    } catch {
      // Not connected: the port was not to be had.
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

function ignoreError(): void {}

function anyAddress(family: Family): string {
  return family === 4 ? "0.0.0.0" : "::";
}
