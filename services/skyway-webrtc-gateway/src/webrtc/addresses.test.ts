import { createSocket } from "node:dgram";
import { once } from "node:events";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import nodeDataChannel from "node-datachannel";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { freeUdpPort } from "../testing/udpReceiver.ts";
import { createMediaSessions } from "./mediaSessions.ts";

/** The addresses in our candidates, and in those of callers. */

const CONNECT_LIMIT_MS = 10_000;
/** A name lookup that fails takes seconds. */
const IMMEDIATE_MS = 4_000;
const log = pino({ level: "silent" });
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const open = async (bindAddress: string, announcedIps: string[]) => {
  const mediaPort = await freeUdpPort();
  const sessions = createMediaSessions({ mediaPort, bindAddress, announcedIps, log });
  cleanUps.push(() => sessions.close());
  return { sessions, mediaPort };
};
type Opened = Awaited<ReturnType<typeof open>>;

/** A caller that has one address. `change` changes its offer. */
async function connect({ sessions }: Opened, address: string, change: (offer: string) => string = (offer) => offer) {
  let isReady = false;
  const session = sessions.create({
    onReady: () => {
      isReady = true;
    },
    onStream: () => undefined,
    onAdditional: () => undefined,
    onStalled: () => undefined,
    onEnded: () => undefined,
  });
  const connection = new nodeDataChannel.PeerConnection("caller", { iceServers: [], bindAddress: address });
  cleanUps.push(() => connection.close());
  const video = new nodeDataChannel.Video("0", "SendOnly");
  video.addVP8Codec(96);
  video.addSSRC(1001, "caller");
  connection.addTrack(video);
  const offered = new Promise<string>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === "complete") resolve(connection.localDescription()?.sdp ?? "");
    });
  });
  connection.setLocalDescription("offer");
  const receive = { video: { receive: true }, audio: { receive: false }, redirects: {} };
  const began = performance.now();
  const answer = await session.answer(change(await offered), receive);
  connection.setRemoteDescription(answer, "answer");
  await waitFor("both are connected", () => isReady && connection.state() === "connected", CONNECT_LIMIT_MS);
  return { answer, ms: performance.now() - began };
}

const hostCandidates = (answer: string) => [...answer.matchAll(/^a=candidate:\d+ 1 UDP (\d+) (\S+) \d+ typ host\r$/gm)];

describe("several addresses", () => {
  test.each(["127.0.0.1", "::1"])(
    "of both families are announced, and a caller that has only %s connects",
    async (own) => {
      const opened = await open("::", ["127.0.0.1", "::1"]);
      const { answer } = await connect(opened, own);
      expect(hostCandidates(answer).map(([, , address]) => address)).toEqual(["127.0.0.1", "::1"]);
      const [first, second] = hostCandidates(answer).map(([, priority]) => Number(priority));
      expect(first).toBeGreaterThan(second ?? Number.NaN);
      expect(answer).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
    },
  );

  test("keep their order if the first one is IPv6", async () => {
    const { answer } = await connect(await open("::", ["::1", "127.0.0.1"]), "::1");
    expect(answer).toMatch(/^c=IN IP6 ::1\r$/m);
    expect(hostCandidates(answer).map(([, , address]) => address)).toEqual(["::1", "127.0.0.1"]);
  });

  test("an IPv6 address reaches an IPv4 port through a proxy, as container engines publish it", async () => {
    const opened = await open("127.0.0.1", ["::1"]);
    await proxy(opened.mediaPort);
    const { answer } = await connect(opened, "::1");
    expect(hostCandidates(answer).map(([, , address]) => address)).toEqual(["::1"]);
  });
});

describe("a caller", () => {
  test.each([
    ["that hides its addresses behind names (mDNS)", withHiddenAddresses],
    ["that sends no candidates", (offer: string) => offer.replace(/a=(candidate:.*|end-of-candidates)\r\n/g, "")],
    ["that sends end-of-candidates", (offer: string) => `${offer}a=end-of-candidates\r\n`],
  ])("%s connects immediately", async (_, change) => {
    const { ms } = await connect(await open("127.0.0.1", []), "127.0.0.1", change);
    expect(ms).toBeLessThan(IMMEDIATE_MS);
  });
});

function withHiddenAddresses(offer: string): string {
  const changed = offer.replace(/^(a=candidate:\S+ 1 UDP \d+) \S+/gm, "$1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local");
  if (changed === offer) throw new Error("the offer has no addresses to hide");
  return changed;
}

/** Forwards packets of one caller between [::1] and 127.0.0.1, on the same port. */
async function proxy(port: number): Promise<void> {
  const [front, back] = [createSocket("udp6"), createSocket("udp4")];
  cleanUps.push(
    () => front.close(),
    () => back.close(),
  );
  let caller: number | undefined;
  front.on("message", (packet, from) => {
    caller = from.port;
    back.send(packet, port, "127.0.0.1");
  });
  back.on("message", (packet) => front.send(packet, caller, "::1"));
  front.bind(port, "::1");
  back.bind(0, "127.0.0.1");
  await Promise.all([once(front, "listening"), once(back, "listening")]);
}
