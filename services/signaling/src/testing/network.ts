import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between a client and the server that can fail in the ways that networks do. */
export interface Network extends AsyncDisposable {
  readonly origin: string;
  /** Every connection is reset, on both sides. New ones can be made. */
  cut(): void;
  /** Nothing gets through any more and neither side is told. New connections can be made. */
  swallow(): void;
}

export async function openNetwork({ port }: { port: number }): Promise<Network> {
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", () => {
        if (pairs.delete(pair)) for (const end of pair) end.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const swallowed: Socket[] = [];
  const cut = () => {
    for (const pair of [...pairs]) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    swallow() {
      for (const pair of pairs) {
        for (const socket of pair) socket.unpipe().removeAllListeners("close").resume();
        swallowed.push(...pair);
      }
      pairs.clear();
    },
    async [Symbol.asyncDispose]() {
      cut();
      for (const socket of swallowed) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
