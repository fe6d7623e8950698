import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A UDP port that keeps what arrives. */
export class UdpReceiver implements AsyncDisposable {
  readonly packets: Buffer[] = [];
  readonly #socket = createSocket("udp4");

  static async open(): Promise<UdpReceiver> {
    const receiver = new UdpReceiver();
    receiver.#socket.on("message", (packet) => receiver.packets.push(packet));
    receiver.#socket.bind(0, "127.0.0.1");
    await once(receiver.#socket, "listening");
    return receiver;
  }

  /** As requests name it. */
  get address(): { ip_v4: string; port: number } {
    return { ip_v4: "127.0.0.1", port: this.#socket.address().port };
  }

  /** To a port of this host, from this one. */
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

/** A port that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  await using receiver = await UdpReceiver.open();
  return receiver.address.port;
}
