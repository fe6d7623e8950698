import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between a client and the server with simulated failures. */
export interface Network extends AsyncDisposable {
  readonly origin: string;
  /** Resets every connection on both sides. New connections work. */
  cut(): void;
  /** Silently drops all data from now on, also of new connections: a poll may open one at any time. */
  blackhole(): void;
}

export async function openNetwork({ port }: { port: number }): Promise<Network> {
  const pairs = new Set<[Socket, Socket]>();
  const blackholed: Socket[] = [];
  let isBlackhole = false;
  const server = createServer((near) => {
    if (isBlackhole) return void blackholed.push(near.on("error", () => {}).resume());
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
  const cut = () => {
    for (const pair of [...pairs]) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    blackhole() {
      isBlackhole = true;
      for (const pair of pairs) {
        for (const socket of pair) socket.unpipe().removeAllListeners("close").resume();
        blackholed.push(...pair);
      }
      pairs.clear();
    },
    async [Symbol.asyncDispose]() {
      cut();
      for (const socket of blackholed) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
