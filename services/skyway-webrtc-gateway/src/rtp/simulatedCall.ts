import { ConnectionReceiver } from "./connectionReceiver.ts";
import { emptyHeader, isRtcp, readHeader } from "./packet.ts";
import type { Address } from "./redirectSocket.ts";
import { splitCompound } from "./rtcp/compound.ts";
import { readNack, writeNacks, writePli } from "./rtcp/feedback.ts";
import { PAYLOAD_FEEDBACK } from "./rtcp/packetTypes.ts";
import { writeSenderReport } from "./rtcp/senderReport.ts";
import { AUDIO, SimulatedSender, type SimulatedStream, VIDEO } from "./simulatedSender.ts";

/**
 * A call in virtual time: a camera and a microphone, a network that drops, delays and reorders packets both ways,
 * the receiver, and the packets it forwards. Hours take seconds, and each seed gives the same run.
 */
export interface Path {
  /** Share of packets lost in each direction. */
  loss: number;
  /** Consecutive losses. */
  burst?: number;
  delayMs: number;
  jitterMs?: number;
}

export interface Received {
  atMs: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
  marker: boolean;
  host: string;
}

export const START_MS = 1_760_000_000_000;
const VIDEO_TO = { host: "192.0.2.1", port: 5000 };
const AUDIO_TO = { host: "192.0.2.1", port: 5002 };
const OUR_SSRC = 42;

export class SimulatedCall {
  nowMs = START_MS;
  path: Path;
  readonly video: SimulatedSender;
  readonly audio: SimulatedSender;
  readonly receiver: ConnectionReceiver;
  readonly forwarded = { video: [] as Received[], audio: [] as Received[] };
  /** Called with each forwarded packet of media. */
  onForwarded: (kind: "audio" | "video", packet: Buffer) => void = () => undefined;
  readonly rtcp: { port: number; packet: Buffer }[] = [];
  /** Times at which keyframe requests reached the sender. */
  readonly keyframeRequests: number[] = [];
  /** The sender's wall clock at `START_MS`. */
  senderClockMs = 5_000_000;
  isSending = { video: true, audio: true };
  readonly lastSentMs = { video: 0, audio: 0 };
  /** No packet passes in either direction. */
  isCut = false;
  remembersPackets = true;
  /** Ordered by time, then by creation. */
  readonly #events: { atMs: number; run: () => void }[] = [];
  #seed: number;
  #inBurst = 0;

  constructor(path: Path, options: { seed?: number; videoStream?: SimulatedStream } = {}) {
    const videoStream = options.videoStream ?? VIDEO;
    this.path = path;
    this.#seed = options.seed ?? 1;
    this.video = new SimulatedSender(videoStream);
    this.audio = new SimulatedSender(AUDIO);
    this.receiver = new ConnectionReceiver(
      [
        {
          kind: "video",
          codec: "VP8",
          clockRate: 90_000,
          payloadType: 96,
          rtxPayloadType: videoStream.rtx?.payloadType,
          redirectPayloadType: undefined,
          repeatedSources: new Map(videoStream.rtx ? [[videoStream.rtx.ssrc, videoStream.ssrc]] : []),
          redirect: VIDEO_TO,
        },
        {
          kind: "audio",
          codec: "opus",
          clockRate: 48_000,
          payloadType: 111,
          rtxPayloadType: undefined,
          redirectPayloadType: undefined,
          repeatedSources: new Map(),
          redirect: AUDIO_TO,
        },
      ],
      { video: { ...VIDEO_TO, port: 5001 }, audio: { ...AUDIO_TO, port: 5003 } },
      { send: (packet, to) => this.#redirected(packet, to) },
      {
        ssrc: OUR_SSRC,
        nack: (ssrc, missing) => {
          const packets = writeNacks(OUR_SSRC, ssrc, missing);
          for (const packet of packets) this.#toSender(packet);
          return packets.length;
        },
        keyframe: (ssrc) => this.#toSender(writePli(OUR_SSRC, ssrc)),
        report: () => undefined,
      },
    );
  }

  /** Reproducible numbers from 0 to 1. */
  random(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  at(atMs: number, run: () => void): void {
    let from = 0;
    let to = this.#events.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#events[middle] as { atMs: number }).atMs <= atMs) from = middle + 1;
      else to = middle;
    }
    this.#events.splice(from, 0, { atMs, run });
  }

  every(ms: number, run: () => void): void {
    const again = () => {
      run();
      this.at(this.nowMs + ms, again);
    };
    this.at(this.nowMs + ms, again);
  }

  /** Per second 30 frames of 4 packets and 50 audio packets, plus the reports that browsers send. */
  start(options: { audioDrift?: number } = {}): void {
    this.receiver.start(this.nowMs);
    this.every(10, () => this.receiver.tick(this.nowMs));
    this.every(100 / 3, () => {
      if (!this.isSending.video) return;
      this.lastSentMs.video = this.nowMs;
      for (const packet of this.video.frame(100 / 3, 4, this.nowMs)) this.toReceiver(packet);
    });
    this.every(20, () => {
      const ms = 20 * (1 + (options.audioDrift ?? 0));
      if (!this.isSending.audio) return;
      this.lastSentMs.audio = this.nowMs;
      for (const packet of this.audio.frame(ms, 1, this.nowMs)) this.toReceiver(packet);
    });
    this.every(1_000, () => this.report(this.video, VIDEO.ssrc));
    this.every(5_000, () => this.report(this.audio, AUDIO.ssrc));
  }

  report(sender: SimulatedSender, ssrc: number): void {
    const ntpMs = this.senderClockMs + (this.nowMs - START_MS);
    this.toReceiver(writeSenderReport({ ssrc, ntpMs, rtpTimestamp: sender.timestampAt(this.nowMs) }));
  }

  run(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#events.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  async finish(senderIsConnected = true): Promise<void> {
    await this.receiver.finish(
      () => this.nowMs,
      async (ms) => this.run(ms),
      senderIsConnected ? this.nowMs : undefined,
    );
  }

  toReceiver(packet: Buffer): void {
    const delayMs = this.#passes();
    if (delayMs === undefined) return;
    this.at(this.nowMs + delayMs, () => this.receiver.receive(packet, this.nowMs));
  }

  track(kind: "audio" | "video") {
    const track = this.receiver.tracks.find((one) => one.kind === kind);
    if (!track) throw new Error(`no ${kind}`);
    return track;
  }

  #toSender(packet: Buffer): void {
    const delayMs = this.#passes();
    if (delayMs === undefined) return;
    this.at(this.nowMs + delayMs, () => this.#feedback(packet));
  }

  #feedback(packet: Buffer): void {
    for (const part of splitCompound(packet)) {
      const nack = readNack(part);
      const sender = nack?.mediaSsrc === AUDIO.ssrc ? this.audio : this.video;
      for (const sequence of this.remembersPackets ? (nack?.sequences ?? []) : []) {
        const again = sender.again(sequence, this.nowMs);
        if (again) this.toReceiver(again);
      }
      if (part.type !== PAYLOAD_FEEDBACK) continue;
      this.keyframeRequests.push(this.nowMs);
      this.video.keyframeWanted = true;
    }
  }

  /** The delay of a packet; undefined if it is lost. */
  #passes(): number | undefined {
    if (this.isCut) return undefined;
    const { loss, burst = 1, delayMs, jitterMs = 0 } = this.path;
    if (this.#inBurst > 0) {
      this.#inBurst--;
      return undefined;
    }
    if (this.random() < loss / burst) {
      this.#inBurst = burst - 1;
      return undefined;
    }
    return delayMs + this.random() * jitterMs;
  }

  #redirected(packet: Buffer, { host, port }: Address): void {
    if (isRtcp(packet)) {
      this.rtcp.push({ port, packet: Buffer.from(packet) });
      return;
    }
    const header = emptyHeader();
    if (!readHeader(packet, header)) throw new Error("not RTP");
    const { sequence, timestamp, ssrc, payloadType, marker } = header;
    const kind = port === VIDEO_TO.port ? "video" : "audio";
    this.onForwarded(kind, packet);
    this.forwarded[kind].push({ atMs: this.nowMs, sequence, timestamp, ssrc, payloadType, marker, host });
  }
}

/** Timestamps of the frames in a list of packets. */
export function framesOf(packets: readonly Received[]): number[] {
  return [...new Set(packets.map(({ timestamp }) => timestamp))];
}
