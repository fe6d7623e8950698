import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { DatagramAddress } from "../../recording/gateway/gateway.ts";

const FIND_LIMIT_MS = 3_000;

/** The two ends of the way from the gateway to here. */
export interface Way {
  /** By which the gateway reaches us. */
  here: string;
  gateway: string;
}

/** Finds out by connecting: a container has an address on each of its networks. */
export async function wayFrom(gatewayUrl: string): Promise<Way> {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port || 80), family: 4 });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(FIND_LIMIT_MS) });
    return { here: socket.localAddress ?? "", gateway: socket.remoteAddress ?? "" };
  } finally {
    socket.destroy();
  }
}

export interface DataSocket extends AsyncDisposable {
  readonly address: DatagramAddress;
}

/** Receives what the gateway sends, and nothing of anybody else. */
export async function openDataSocket(way: Way, onMessage: (message: Buffer) => void): Promise<DataSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { address }) => {
    if (address === way.gateway) onMessage(message);
  });
  socket.on("error", () => undefined); // a datagram that cannot be received is no reason to end
  socket.bind(0, way.here);
  await once(socket, "listening");
  return {
    address: { address: way.here, port: socket.address().port },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
