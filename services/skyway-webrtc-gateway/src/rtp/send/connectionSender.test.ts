import { beforeEach, describe, expect, it } from "vitest";
import { splitCompound } from "../rtcp/compound.ts";
import { readNack, writeFir, writeNacks, writePli } from "../rtcp/feedback.ts";
import { writeReceiverReport } from "../rtcp/receiverReport.ts";
import { readSenderReport, writeSenderReport } from "../rtcp/senderReport.ts";
import { ConnectionSender } from "./connectionSender.ts";
import { HISTORY_PACKETS } from "./history.ts";

const OURS = 0x1111;
const PROGRAM = 0x2222;
const PEER = 0x3333;

let sent: Buffer[];
let told: Buffer[];
let wanted: string[];
let isOpen: boolean;
let lost: [missing: number, unsent: number, longestUnsent: number][];
let sender: ConnectionSender;

beforeEach(() => {
  sent = [];
  told = [];
  wanted = [];
  isOpen = true;
  lost = [];
  const video = { kind: "video", ssrc: OURS, payloadType: 100, clockRate: 90_000 } as const;
  sender = new ConnectionSender([video], "gateway", {
    toPeer: (packet) => isOpen && sent.push(packet) > 0,
    toProgram: (_, packet) => void told.push(packet),
    onKeyframeWanted: (kind) => void wanted.push(kind),
    onLosses: (_, { missing, unsent, longestUnsent }) => void lost.push([missing, unsent, longestUnsent]),
  });
});

function rtp(sequence: number, timestamp: number, ssrc = PROGRAM, payloadType = 96): Buffer {
  const packet = Buffer.from([0x80, 0x80 | payloadType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

const headers = () =>
  sent.map((packet) => ({
    payloadType: (packet[1] as number) & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
  }));

describe("a program's media", () => {
  it("is sent with our SSRC and the negotiated payload type; the datagram is unchanged", () => {
    const datagram = rtp(65_535, 1000);
    sender.send("video", datagram, 0);
    sender.send("video", rtp(0, 4000), 33);
    expect(headers()).toEqual([
      { payloadType: 100, sequence: 65_535, timestamp: 1000, ssrc: OURS },
      { payloadType: 100, sequence: 0, timestamp: 4000, ssrc: OURS },
    ]);
    expect((sent[0]?.[1] as number) & 0x80).toBe(0x80);
    expect(datagram).toEqual(rtp(65_535, 1000));
  });

  it.each([
    ["with another SSRC", rtp(7, 55, 0x4444)],
    ["with the same SSRC and other numbers", rtp(40_000, 55)],
  ])("continues without a gap when the program restarts %s", (_, again) => {
    sender.send("video", rtp(100, 9_000), 0);
    sender.send("video", again, 2_000);
    expect(headers()[1]).toMatchObject({ sequence: 101, timestamp: 9_000 + 180_000, ssrc: OURS });
  });

  it("keeps the order of the program's reordered packets", () => {
    for (const sequence of [10, 12, 11, 13]) sender.send("video", rtp(sequence, 0), 0);
    expect(headers().map(({ sequence }) => sequence)).toEqual([10, 12, 11, 13]);
  });

  it.each([
    ["RTCP", writeReceiverReport(PROGRAM, [])],
    ["nothing", Buffer.alloc(0)],
    ["noise", Buffer.from("noise, no RTP at all")],
    ["a header with a wrong length", Buffer.from([0xbf, 96, ...Array(10).fill(255)])],
  ])("is ignored if it is %s", (_, datagram) => {
    sender.send("video", datagram, 0);
    expect(sent).toEqual([]);
  });
});

describe("a packet that the peer has lost", () => {
  const nack = (...sequences: number[]) => Buffer.concat(writeNacks(PEER, OURS, sequences));

  it("is retransmitted unchanged, and not again immediately", () => {
    for (let sequence = 1; sequence <= 5; sequence++) sender.send("video", rtp(sequence, sequence), 0);
    sender.receiveRtcp(nack(2, 4), 50);
    sender.receiveRtcp(nack(2), 52);
    expect(headers().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 2, 4]);
    expect(sent[5]).toEqual(sent[1]);
    sender.receiveRtcp(nack(2), 90);
    expect(sent).toHaveLength(8);
  });

  it("is not reported to the program, and is not sent if it is too old or never existed", () => {
    for (let sequence = 0; sequence <= HISTORY_PACKETS; sequence++) sender.send("video", rtp(sequence, 0), 0);
    sender.receiveRtcp(nack(0, 30_000), 50);
    sender.receiveRtcp(Buffer.concat(writeNacks(PEER, 0x9999, [5])), 50);
    expect(sent).toHaveLength(HISTORY_PACKETS + 1);
    expect(told).toEqual([]);
  });
});

describe("the peer's requests and reports", () => {
  beforeEach(() => {
    sender.send("video", rtp(100, 0), 0);
    sender.send("video", rtp(7, 0, 0x4444), 0); // is sent as 101
  });

  it("reach the program with its own SSRC and numbers", () => {
    const block = { ssrc: OURS, extendedHighestSequence: 101, fractionLost: 5, cumulativeLost: 1, jitter: 0 };
    const report = writeReceiverReport(PEER, [
      { ...block, lastSenderReport: 77, delaySinceLastSenderReport: 0 },
      { ...block, ssrc: 0x9999, lastSenderReport: 0, delaySinceLastSenderReport: 0 },
    ]);
    sender.receiveRtcp(Buffer.concat([report, writePli(PEER, OURS), writeFir(PEER, OURS, 3)]), 0);
    const [rr, pli, fir] = splitCompound(told[0] as Buffer);
    expect([rr?.type, rr?.count, rr?.bytes.readUInt32BE(8), rr?.bytes.readUInt32BE(16)]).toEqual([201, 1, 0x4444, 7]);
    expect(pli?.bytes.readUInt32BE(8)).toBe(0x4444);
    expect(fir?.bytes.readUInt32BE(12)).toBe(0x4444);
  });

  it("about other media do not", () => {
    sender.receiveRtcp(writePli(PEER, 0x9999), 0);
    sender.receiveRtcp(Buffer.from([0x81, 206, 0, 9, 1, 2]), 0);
    expect(told).toEqual([]);
  });
});

describe("a program's RTCP", () => {
  it("matches its packets", () => {
    sender.send("video", rtp(100, 9_000), 0);
    sender.send("video", rtp(7, 50, 0x4444), 1_000);
    sender.sendRtcp("video", writeSenderReport({ ssrc: 0x4444, ntpMs: 1_760_000_000_000, rtpTimestamp: 50 }), 1_000);
    const [first, name] = splitCompound(sent[2] as Buffer);
    expect(first && readSenderReport(first)).toMatchObject({ ssrc: OURS, rtpTimestamp: 9_000 + 90_000 });
    expect([name?.type, name?.bytes.readUInt32BE(4)]).toEqual([202, OURS]);
  });

  it("is dropped if it is about something else, or is not RTCP", () => {
    sender.send("video", rtp(100, 0), 0);
    sender.sendRtcp("video", writeSenderReport({ ssrc: 0x9999, ntpMs: 0, rtpTimestamp: 0 }), 0);
    sender.sendRtcp("video", Buffer.from("noise"), 0);
    expect(sent).toHaveLength(1);
  });

  it("may request a keyframe of the media that the program receives", () => {
    sender.sendRtcp("video", writePli(PROGRAM, PEER), 0);
    expect(wanted).toEqual(["video"]);
  });

  it("is generated for programs that send none", () => {
    sender.tick(0);
    expect(sent).toEqual([]);
    sender.send("video", rtp(1, 9_000), 5_000);
    sender.tick(5_010);
    sender.tick(5_020);
    expect(sent).toHaveLength(2);
    const report = readSenderReport(splitCompound(sent[1] as Buffer)[0] as never);
    expect(report).toMatchObject({ ssrc: OURS, rtpTimestamp: 9_000, packetCount: 1 });
    expect(report?.ntpMs).toBeCloseTo(5_000, 0);
  });
});

it("sends and stores nothing while the connection is not open", () => {
  isOpen = false;
  sender.send("video", rtp(1, 0), 0);
  isOpen = true;
  sender.receiveRtcp(Buffer.concat(writeNacks(PEER, OURS, [1])), 50);
  expect(sent).toEqual([]);
  expect(readNack({ type: 0, count: 0, bytes: Buffer.alloc(0) })).toBeUndefined();
});

describe("packets of a program that the peer does not get", () => {
  it("are counted by the program's sequence numbers, and told after a second, when late ones have arrived", () => {
    for (const sequence of [65_533, 65_534, 2, 65_535, 3, 6]) sender.send("video", rtp(sequence, 0), 0);
    sender.tick(999);
    expect(lost).toEqual([]);
    sender.tick(1_000);
    expect(lost).toEqual([[4, 0, 0]]);
    sender.tick(2_000);
    expect(lost).toHaveLength(1);
  });

  it("are told again after half a minute at the earliest, and at the end", () => {
    const look = (sequence: number, nowMs: number) => {
      sender.send("video", rtp(sequence, 0), nowMs);
      sender.tick(nowMs + 1_000);
      return lost;
    };
    look(1, 0);
    expect(look(3, 0)).toEqual([[1, 0, 0]]);
    look(5, 2_000);
    expect(look(7, 30_000)).toEqual([[1, 0, 0]]);
    expect(look(8, 31_000)[1]).toEqual([2, 0, 0]);
    look(10, 40_000);
    sender.finish();
    expect(lost.slice(2)).toEqual([[1, 0, 0]]);
  });

  it("because they could not be sent are counted too, but not while the call ends", () => {
    sender.send("video", rtp(1, 0), 0);
    isOpen = false;
    sender.send("video", Buffer.concat([rtp(2, 0), Buffer.alloc(1_485)]), 0);
    sender.send("video", rtp(3, 0), 0);
    isOpen = true;
    sender.send("video", rtp(4, 0), 0);
    sender.tick(1_000);
    expect(lost).toEqual([[0, 2, 1_500]]);
    isOpen = false;
    sender.send("video", rtp(5, 0), 2_000);
    sender.finish();
    expect(lost).toHaveLength(1);
  });

  it("are none if the program restarts, and for a packet that comes twice", () => {
    for (const packet of [rtp(1, 0), rtp(2, 0), rtp(2, 0), rtp(40_000, 0), rtp(7, 0, 0x4444)])
      sender.send("video", packet, 0);
    sender.tick(1_000);
    sender.finish();
    expect(lost).toEqual([]);
  });
});
