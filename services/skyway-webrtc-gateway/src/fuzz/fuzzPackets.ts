import fc from "fast-check";
import { ConnectionReceiver } from "../rtp/connectionReceiver.ts";
import { AUDIO, SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";

const NOTHING_REPEATED = { repeatedSources: new Map<number, number>(), redirectPayloadType: undefined };
const TICK_MS = 10;
/** The largest packet of a caller; a forwarded packet twice as large is an error. */
const MAX_PACKET_BYTES = 1_500;

interface Damage {
  /** How many of every ten packets are unmodified browser packets. */
  sound: number;
  flips: readonly (readonly [at: number, bits: number])[];
  cutTo: number;
  more: Uint8Array;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  sound: fc.nat({ max: 9 }),
  flips: fc.array(fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 255 })), { maxLength: 6 }),
  cutTo: fc.oneof({ weight: 4, arbitrary: fc.constant(MAX_PACKET_BYTES) }, fc.nat({ max: 60 })),
  more: fc.oneof({ weight: 4, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 300 })),
});
const bytes = fc
  .tuple(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(undefined, 96, 97, 111, 200, 201, 202, 203, 204, 205, 206, 207),
  )
  .map(([random, type]) => {
    const packet = Buffer.from(random);
    // A valid version and type pass more checks.
    if (type !== undefined && packet.length >= 2) packet.set([0x80 | ((packet[0] ?? 0) & 0x3f), type]);
    return packet;
  });
const step = fc.record({
  kind: fc.constantFrom("video", "video", "audio", "bytes"),
  damage,
  bytes,
  passMs: fc.constantFrom(0, 1, 1, 5, 33, 2_000),
});

/**
 * One long call with damaged and made-up RTP and RTCP, as a caller could send after the DTLS handshake.
 *
 * @returns how many packets were forwarded.
 */
export function fuzzPackets(seed: number, runs: number): number {
  let passedOn = 0;
  let nowMs = 1_760_000_000_000;
  const redirect = { host: "192.0.2.1", port: 5_000 };
  const common = { ...NOTHING_REPEATED, redirect };
  const receiver = new ConnectionReceiver(
    [
      {
        ...common,
        kind: "video",
        codec: "VP8",
        clockRate: 90_000,
        payloadType: VIDEO.payloadType,
        rtxPayloadType: VIDEO.rtx?.payloadType,
      },
      {
        ...common,
        kind: "audio",
        codec: "opus",
        clockRate: 48_000,
        payloadType: AUDIO.payloadType,
        rtxPayloadType: undefined,
      },
    ],
    { audio: redirect, video: redirect },
    {
      send(packet) {
        if (packet.length > 2 * MAX_PACKET_BYTES) throw new Error(`a packet of ${packet.length} bytes`);
        passedOn += 1;
      },
    },
    { ssrc: 1, nack: (_ssrc, missing) => missing.length, keyframe: () => undefined, report: () => undefined },
  );
  const senders = { video: new SimulatedSender(VIDEO), audio: new SimulatedSender(AUDIO) };
  receiver.start(nowMs);

  let sent = 0;
  fc.assert(
    fc.property(step, ({ kind, damage, bytes, passMs }) => {
      sent += 1;
      const packets = kind === "bytes" ? [Buffer.from(bytes)] : senders[kind as "video" | "audio"].frame(20, 1);
      for (const packet of packets) receiver.receive(kind === "bytes" ? packet : damaged(packet, damage, sent), nowMs);
      for (const end = nowMs + passMs; nowMs < end; nowMs += Math.min(TICK_MS, end - nowMs)) receiver.tick(nowMs);
    }),
    { seed, numRuns: runs, verbose: 0, endOnFailure: true },
  );
  return passedOn;
}

function damaged(packet: Buffer, { sound, flips, cutTo, more }: Damage, count: number): Buffer {
  if (count % 10 < sound) return packet;
  for (const [at, bits] of flips) if (at < packet.length) packet[at] = (packet[at] ?? 0) ^ bits;
  return Buffer.concat([packet.subarray(0, cutTo), more]);
}
