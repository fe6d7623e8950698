import nodeDataChannel from "node-datachannel";
import { afterEach, expect, test } from "vitest";
import { boundSocket, freeUdpPort } from "../../testing/udpReceiver.ts";
import { NetworkPath } from "./networkPath.ts";
import { sharePort } from "./portSharing.ts";

const HOST = "127.0.0.1";
const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

test.each([HOST, "0.0.0.0", "::"])(
  "a path receives the packets of one address on a port that the library has bound at %s",
  async (bindAddress) => {
    const caller = await open();
    const other = await open();
    const port = await freeUdpPort();
    const requests = listenAsLibrary(port, bindAddress);
    await sharePort(port);
    const here = path(bindAddress, port, caller.port);
    caller.socket.send("from the caller", port, HOST);
    other.socket.send(strayRequest(), port, HOST);
    await expect.poll(() => [here.received.length, requests.length]).toEqual([1, 1]);
    expect(String(here.received[0])).toBe("from the caller");
    here.path.send(Buffer.from("to the caller"));
    await expect.poll(() => caller.received.map(String)).toEqual(["to the caller"]);
    expect(caller.from).toEqual([port]);

    here.path.close();
    caller.socket.send(strayRequest(), port, HOST);
    await expect.poll(() => requests.length).toBe(2);
  },
);

test("a path on a port that is not shared transfers nothing, and does no harm", async () => {
  const caller = await open();
  const port = await freeUdpPort();
  listenAsLibrary(port, HOST);
  const here = path(HOST, port, caller.port);
  here.path.send(Buffer.from("in vain"));
  caller.socket.send("in vain", port, HOST);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([caller.received, here.received]).toEqual([[], []]);
  here.path.close();
  here.path.close();
});

test("a path to an address without a receiver does not throw", async () => {
  const caller = await open();
  const here = path(HOST, 0, caller.port);
  caller.socket.close();
  cleanUps.length = 0;
  for (const _ of Array(3)) {
    here.path.send(Buffer.from("is there anybody?"));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  here.path.close();
  here.path.send(Buffer.from("closed"));
});

test("a port that this process has not bound cannot be shared", async () => {
  await expect(sharePort(await freeUdpPort())).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
});

function path(bindAddress: string, port: number, remotePort: number) {
  const received: Buffer[] = [];
  const remote = { host: HOST, port: remotePort };
  const opened = new NetworkPath(bindAddress, port, remote, (datagram) => received.push(datagram));
  cleanUps.push(() => opened.close());
  return { path: opened, received };
}

function listenAsLibrary(port: number, bindAddress: string): unknown[] {
  const requests: unknown[] = [];
  const listener = new nodeDataChannel.IceUdpMuxListener(port, bindAddress);
  listener.onUnhandledStunRequest((request) => requests.push(request));
  cleanUps.push(() => listener.stop());
  return requests;
}

async function open() {
  const received: Buffer[] = [];
  const from: number[] = [];
  const socket = (await boundSocket()).on("message", (datagram, { port }) => {
    received.push(datagram);
    from.push(port);
  });
  cleanUps.push(() => socket.close());
  return { socket, received, from, port: socket.address().port };
}

/** The library reports only requests that have a MESSAGE-INTEGRITY. It does not verify it. */
function strayRequest(): Buffer {
  return Buffer.from(
    `000100282112a442${"07".repeat(12)}00060009${Buffer.from("ours:them").toString("hex")}000000` +
      `00080014${"00".repeat(20)}`,
    "hex",
  );
}
