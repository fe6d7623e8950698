/**
 * CPU time per packet from the library's callback to the redirect, without the system call that sends it:
 *
 *   node services/skyway-webrtc-gateway/src/rtp/receiver.bench.ts
 */
import { ConnectionReceiver } from "./connectionReceiver.ts";
import { AUDIO, SimulatedSender, VIDEO } from "./simulatedSender.ts";

const CALLS = 100;
const SECONDS = 20;
const FRAMES_PER_SECOND = 30;
const PACKETS_PER_FRAME = 10;

interface Scenario {
  name: string;
  /** One packet in `lossEvery` is lost and arrives 60 ms later. */
  lossEvery: number;
}

for (const scenario of [
  { name: "nothing lost", lossEvery: Number.POSITIVE_INFINITY },
  { name: "5 % lost and repaired", lossEvery: 20 },
]) {
  const { packets, microseconds } = measure(scenario);
  process.stdout.write(`${scenario.name}: ${(microseconds / packets).toFixed(2)} µs a packet (${packets} packets)\n`);
}

function measure({ lossEvery }: Scenario): { packets: number; microseconds: number } {
  const silent = { ssrc: 1, nack: () => 1, keyframe: () => undefined, report: () => undefined };
  let packets = 0;
  let microseconds = 0;
  for (let call = 0; call < CALLS; call++) {
    const receiver = open(silent);
    const camera = new SimulatedSender(VIDEO);
    const microphone = new SimulatedSender(AUDIO);
    const arrivals: { atMs: number; packet: Buffer }[] = [];
    for (let frame = 0; frame < SECONDS * FRAMES_PER_SECOND; frame++) {
      const atMs = (frame * 1000) / FRAMES_PER_SECOND;
      for (const packet of [...camera.frame(1000 / FRAMES_PER_SECOND, PACKETS_PER_FRAME), ...microphone.frame(20)]) {
        const isLate = arrivals.length % lossEvery === lossEvery - 1;
        arrivals.push({ atMs: isLate ? atMs + 60 : atMs, packet });
      }
    }
    arrivals.sort((a, b) => a.atMs - b.atMs);
    const start = performance.now();
    let nextTickMs = 0;
    for (const { atMs, packet } of arrivals) {
      for (; nextTickMs <= atMs; nextTickMs += 10) receiver.tick(nextTickMs);
      receiver.receive(packet, atMs);
    }
    microseconds += (performance.now() - start) * 1000;
    packets += arrivals.length;
  }
  return { packets, microseconds };
}

function open(sink: ConstructorParameters<typeof ConnectionReceiver>[3]): ConnectionReceiver {
  const common = { redirectPayloadType: undefined, redirect: { host: "192.0.2.1", port: 5000 } };
  return new ConnectionReceiver(
    [
      {
        ...common,
        kind: "video",
        codec: "VP8",
        clockRate: VIDEO.clockRate,
        payloadType: VIDEO.payloadType,
        rtxPayloadType: VIDEO.rtx?.payloadType,
        repeatedSources: new Map(),
      },
      {
        ...common,
        kind: "audio",
        codec: "opus",
        clockRate: AUDIO.clockRate,
        payloadType: AUDIO.payloadType,
        rtxPayloadType: undefined,
        repeatedSources: new Map(),
      },
    ],
    {},
    { send: () => undefined },
    sink,
  );
}
