import fc from "fast-check";
import { ConnectionReceiver } from "../rtp/connectionReceiver.ts";
import { AUDIO, SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import { damaged, hostileStep, MAX_PACKET_BYTES } from "./hostilePackets.ts";

const NOTHING_REPEATED = { repeatedSources: new Map<number, number>(), redirectPayloadType: undefined };
const TICK_MS = 10;

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
        // A forwarded packet twice as large as what a caller sends is an error.
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
    fc.property(hostileStep, ({ kind, damage, bytes, passMs }) => {
      sent += 1;
      const packets = kind === "bytes" ? [Buffer.from(bytes)] : senders[kind as "video" | "audio"].frame(20, 1);
      for (const packet of packets) receiver.receive(kind === "bytes" ? packet : damaged(packet, damage, sent), nowMs);
      for (const end = nowMs + passMs; nowMs < end; nowMs += Math.min(TICK_MS, end - nowMs)) receiver.tick(nowMs);
    }),
    { seed, numRuns: runs, verbose: 0, endOnFailure: true },
  );
  return passedOn;
}
