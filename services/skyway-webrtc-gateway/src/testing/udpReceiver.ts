import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A socket on a free loopback port. */
export async function boundSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** A UDP port that collects all packets. */
export class UdpReceiver implements AsyncDisposable {
  readonly packets: Buffer[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (packet) => this.packets.push(packet));
  }

  static async open(): Promise<UdpReceiver> {
    return new UdpReceiver(await boundSocket());
  }

  /** In the format of API requests. */
  get address(): { ip_v4: string; port: number } {
    return { ip_v4: "127.0.0.1", port: this.#socket.address().port };
  }

  /** Sends from this port to a port of this host. */
  send(packet: Buffer, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(packet, port, "127.0.0.1", (error) => (error ? reject(error) : resolve()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}

/** A port that was free just now. */
export async function freeUdpPort(): Promise<number> {
  await using receiver = await UdpReceiver.open();
  return receiver.address.port;
}
