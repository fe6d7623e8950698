import type { Socket } from "node:dgram";
import { createNumericSocket, type Family, familyOf, isWildcard } from "../../rtp/numericSocket.ts";
import type { Address } from "../../rtp/redirectSocket.ts";

/** Buffers packets while the event loop is busy. The kernel may allow less. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/**
 * Sends to and receives from one remote address, on a port that other sockets use too. Packets from this address come here
 * and not to the other sockets, because the kernel prefers a connected socket (udp(7)).
 */
export class NetworkPath {
  readonly remote: Address;
  readonly #socket: Socket;
  #isClosed = false;

  /**
   * Binds and connects without a pause: between the two, packets from other addresses would come here and be lost.
   *
   * @param port 0: any free port. Other sockets on this port must allow sharing, see `sharePort`.
   * @param onDatagram may keep the buffer.
   */
  constructor(bindAddress: string, port: number, remote: Address, onDatagram: (datagram: Buffer) => void) {
    this.remote = remote;
    const family = familyOf(remote.host);
    this.#socket = createNumericSocket(family, { reuseAddr: port !== 0, recvBufferSize: RECEIVE_BUFFER_BYTES });
    // The other side has gone, or the port is not available: nothing arrives, and ICE notices that.
    let isRefused = false;
    this.#socket.on("error", () => {
      isRefused = true;
    });
    this.#socket.on("message", (datagram, { address, port }) => {
      if (!this.#isClosed && port === remote.port && address === remote.host) onDatagram(datagram);
    });
    this.#socket.bind(port, isWildcard(bindAddress) ? anyAddress(family) : bindAddress);
    // Connecting an unbound socket would bind it to another port.
    if (!isRefused) this.#socket.connect(remote.port, remote.host);
    this.#socket.unref();
  }

  /** The address that the other side must send to. */
  get local(): Address {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  send(datagram: Buffer): void {
    try {
      if (!this.#isClosed) this.#socket.send(datagram, ignoreError);
    } catch {
      // Not connected: the port was not available.
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
