import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { readBinding, writeCheck } from "../webrtc/ice/binding.ts";
import type { IceCredentials } from "../webrtc/ice/liteAgent.ts";
import { boundSocket } from "./udpReceiver.ts";

const HOST = "127.0.0.1";
const CHECK_INTERVAL_MS = 20;
/** RTP and RTCP packets start with a byte of at least this value (RFC 7983). */
const FIRST_MEDIA_BYTE = 128;

/** A network of the caller. */
export interface Network {
  socket: Socket;
  /** Media and RTCP packets that the gateway sent there. */
  packets: number;
}

/**
 * The network path from a caller to the gateway, which can change networks. The caller's library cannot restart ICE, so
 * the path does it: it sends and nominates checks with new credentials, and relays everything else unchanged.
 */
export class NetworkPath {
  readonly #gatewayPort: number;
  readonly #callerSide: Socket;
  #callerPort: number | undefined;
  #network: Network;

  private constructor(gatewayPort: number, callerSide: Socket, network: Network) {
    this.#gatewayPort = gatewayPort;
    this.#callerSide = callerSide;
    this.#network = network;
    callerSide.on("message", (datagram, { port }) => {
      this.#callerPort = port;
      this.#network.socket.send(datagram, this.#gatewayPort, HOST);
    });
    this.#take(network);
  }

  static async open(gatewayPort: number): Promise<NetworkPath> {
    return new NetworkPath(gatewayPort, await boundSocket(), { socket: await boundSocket(), packets: 0 });
  }

  /** The port that the caller uses as the gateway's port. */
  get port(): number {
    return this.#callerSide.address().port;
  }

  get network(): Network {
    return this.#network;
  }

  /** Changes to another network, like a roaming caller: when a check was answered there, the old network is closed. */
  async move({ iceUfrag, icePwd }: IceCredentials): Promise<void> {
    const network = { socket: await boundSocket(), packets: 0 };
    let isAnswered = false;
    network.socket.on("message", (datagram) => {
      isAnswered ||= readBinding(datagram)?.type === "success";
    });
    const checks = setInterval(() => {
      const parameters = {
        username: `${iceUfrag}:caller`,
        password: icePwd,
        priority: 1,
        tieBreaker: 1n,
        role: "controlling",
      } as const;
      const check = writeCheck({ transactionId: randomBytes(12), ...parameters });
      network.socket.send(check, this.#gatewayPort, HOST);
    }, CHECK_INTERVAL_MS);
    await waitFor("a response to the check", () => isAnswered).finally(() => clearInterval(checks));
    this.#network.socket.close();
    this.#network = network;
    this.#take(network);
  }

  #take(network: Network): void {
    network.socket.on("message", (datagram) => {
      if ((datagram[0] as number) >= FIRST_MEDIA_BYTE) network.packets += 1;
      if (this.#callerPort !== undefined) this.#callerSide.send(datagram, this.#callerPort, HOST);
    });
  }

  close(): void {
    this.#callerSide.close();
    this.#network.socket.close();
  }
}
