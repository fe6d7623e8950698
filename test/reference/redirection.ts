import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface Address {
  host: string;
  port: number;
}

const SENDER_REPORT = 200;
const BYE = 203;
const LAST_TYPE = 207;

/**
 * Forwards media from the gateway to a recorder, except the BYE with which this project's gateway notifies a recorder
 * of the end.
 */
export class Redirection {
  readonly port: number;
  readonly to: Address;
  readonly #socket: Socket;

  private constructor(socket: Socket, to: Address) {
    this.#socket = socket;
    this.port = (socket.address() as AddressInfo).port;
    this.to = to;
    socket.on("message", (packet) => {
      const passed = isRtcp(packet) ? withoutBye(packet) : packet;
      if (passed.length > 0) socket.send(passed, to.port, to.host);
    });
  }

  static async open(to: Address): Promise<Redirection> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
    socket.bind(0, "0.0.0.0");
    await once(socket, "listening");
    return new Redirection(socket, to);
  }

  close(): void {
    this.#socket.close();
  }
}

/** RFC 5761, section 4. */
function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0;
  return type >= SENDER_REPORT && type <= LAST_TYPE;
}

/** A compound packet is a sequence of packets, each with its length in 32-bit words. */
function withoutBye(compound: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at + 4 <= compound.length; ) {
    const end = at + (compound.readUInt16BE(at + 2) + 1) * 4;
    if (compound[at + 1] !== BYE) kept.push(compound.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}
