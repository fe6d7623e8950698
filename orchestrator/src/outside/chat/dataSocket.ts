import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { DatagramAddress } from "../../recording/gateway/gateway.ts";

const FIND_LIMIT_MS = 3_000;

/** The addresses of this process and of the gateway on their common network. */
export interface NetworkPath {
  /** The address at which the gateway reaches us. */
  local: string;
  gateway: string;
}

/** Determined by connecting, because a container has an address on each of its networks. */
export async function networkPathTo(gatewayUrl: string): Promise<NetworkPath> {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port || 80), family: 4 });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(FIND_LIMIT_MS) });
    return { local: socket.localAddress ?? "", gateway: socket.remoteAddress ?? "" };
  } finally {
    socket.destroy();
  }
}

export interface DataSocket extends AsyncDisposable {
  readonly address: DatagramAddress;
}

/** Receives datagrams from the gateway only. */
export async function openDataSocket(path: NetworkPath, onMessage: (message: Buffer) => void): Promise<DataSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { address }) => {
    if (address === path.gateway) onMessage(message);
  });
  socket.on("error", () => undefined); // a failed datagram must not end the chat
  socket.bind(0, path.local);
  await once(socket, "listening");
  return {
    address: { address: path.local, port: socket.address().port },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
