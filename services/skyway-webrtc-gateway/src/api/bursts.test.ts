import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rtpPacket, VIDEO, vp8Payload } from "../rtp/simulatedSender.ts";
import { TestGateway } from "../testing/gateway.ts";
import { Program } from "../testing/program.ts";

/** GStreamer sends a keyframe as a burst of packets of 1,400 bytes. */
const PACKET_BYTES = 1_400;
/** More than Linux keeps by default, and not more than it keeps if a socket asks for more. */
const BURST = 150;
const BURSTS = 5;
const RTP_HEADER_BYTES = 12;
/** Of a datagram: nothing is left for SRTP. On loopback only this is too long. */
const MOST_BYTES = 65_507;

let gateway: TestGateway;
let alice: Program;
let bob: Program;
let dialled: string;

beforeEach(async () => {
  gateway = await TestGateway.open();
  alice = await Program.open(gateway, "alice");
  bob = await Program.open(gateway, "bob");
  dialled = await alice.call("bob");
  await bob.answer();
  expect(await alice.event(dialled)).toBe("READY");
  while ((await alice.event(dialled)) !== "STREAM");
});
afterEach(async () => {
  await alice[Symbol.asyncDispose]();
  await bob[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

function packetOf(burst: number, number: number, length = PACKET_BYTES): Buffer {
  const isLast = number % BURST === BURST - 1;
  const payload = vp8Payload({
    keyframe: true,
    begins: number % BURST === 0,
    id: number,
    length: length - RTP_HEADER_BYTES,
  });
  return rtpPacket({ ...VIDEO, sequence: number, timestamp: burst * 9_000, marker: isLast, payload });
}

test("bursts of long packets are sent on whole", async () => {
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let number = 0; number < BURST; number++) alice.send("video", packetOf(burst, burst * BURST + number));
    await waitFor(`burst ${burst}`, () => bob.received.video.packets.length === (burst + 1) * BURST, 5_000);
  }
  expect(bob.received.video.packets.every(({ length }) => length === PACKET_BYTES)).toBe(true);
});

test("packets that do not arrive from the program, or are too long to be sent, are reported by an ERROR event", async () => {
  const lengths = [1_200, 1_200, undefined, undefined, 1_200, MOST_BYTES, 1_200];
  for (const [number, length] of lengths.entries()) {
    if (length !== undefined) alice.send("video", packetOf(0, number, length));
  }
  let polled = { event: "STREAM" };
  while (polled.event === "STREAM") polled = (await gateway.get(`${dialled}/events`)).body;
  expect(polled).toEqual({
    event: "ERROR",
    error_message: `2 RTP packets of video did not arrive at the gateway; send more evenly, or raise net.core.rmem_max on its host. 1 RTP packet of video could not be sent to the peer, the longest of ${MOST_BYTES} bytes; send packets of at most 1200 bytes`,
  });
});
