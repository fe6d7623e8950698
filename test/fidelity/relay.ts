import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createNetworkSimulation, type Impairment } from "./impairment.ts";

/** Packets are sent in ticks of this length; a timer per packet would not be more precise. */
const TICK_MS = 1;
const LOOPBACK = "127.0.0.1";
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

interface DelayedPacket {
  atMs: number;
  send(): void;
}

export interface RelayCounts {
  passed: number;
  lost: number;
  /** Time of the first packet in unix milliseconds; outages are relative to it. */
  firstPacketAtMs: number | undefined;
}

/** A simulated network between a browser and the gateway: UDP on loopback with loss, delay and other impairments. */
export interface Relay extends AsyncDisposable {
  /** The address that the browser sends to instead of the gateway's. */
  readonly address: string;
  readonly port: number;
  readonly counts: RelayCounts;
  /** Changes the browser's addresses as the gateway sees them. Packets to the old addresses are lost. */
  rebind(): void;
  /** Drops all packets from now on. */
  cut(): void;
}

/**
 * @param gatewayPort the gateway's media port on 127.0.0.1.
 * @param seed decides which packets are lost.
 * @param address the address to listen on; Firefox does not send media to loopback addresses, see `hostAddress`.
 */
export async function openRelay(
  gatewayPort: number,
  impairment: Impairment,
  seed: number,
  address: string = LOOPBACK,
): Promise<Relay> {
  const front = await bind(address);
  const counts: RelayCounts = { passed: 0, lost: 0, firstPacketAtMs: undefined };
  const delayed: DelayedPacket[] = [];
  const [up, down] = [createNetworkSimulation(impairment, seed), createNetworkSimulation(impairment, seed + 1)];
  /** One socket to the gateway for each socket of the browser, like a NAT. */
  const backs = new Map<string, Promise<Socket>>();
  /** Kept open, so that late packets do not cause ICMP errors. */
  const former = new Set<Socket>();
  let isDead = false;

  const pass = (arrival: typeof up, send: () => void) => {
    const now = performance.now();
    counts.firstPacketAtMs ??= Date.now();
    const atMs = isDead ? undefined : arrival(now);
    if (atMs === undefined) {
      counts.lost += 1;
      return;
    }
    counts.passed += 1;
    if (atMs <= now) send();
    else delayed.push({ atMs, send });
  };

  const backFor = ({ address, port }: RemoteInfo) => {
    const key = `${address} ${port}`;
    const known = backs.get(key) ?? openBack(address, port);
    backs.set(key, known);
    return known;
  };
  const openBack = async (address: string, port: number) => {
    const back = await bind(LOOPBACK);
    back.on("message", (packet) => {
      if (!former.has(back)) pass(down, () => front.send(packet, port, address));
    });
    return back;
  };

  front.on("message", (packet, sender) => {
    pass(up, () => void backFor(sender).then((back) => back.send(packet, gatewayPort, LOOPBACK)));
  });

  const ticker = setInterval(() => {
    const now = performance.now();
    const due = delayed.filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    delayed.splice(0, delayed.length, ...delayed.filter(({ atMs }) => atMs > now));
    for (const { send } of due) send();
  }, TICK_MS);

  return {
    address,
    port: (front.address() as AddressInfo).port,
    counts,
    rebind() {
      for (const back of backs.values()) void back.then((socket) => former.add(socket));
      backs.clear();
    },
    cut() {
      isDead = true;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(ticker);
      front.close();
      for (const back of [...former, ...(await Promise.all(backs.values()))]) back.close();
    },
  };
}

async function bind(address: string): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
}
