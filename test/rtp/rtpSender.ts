import { createSocket } from "node:dgram";
import { once } from "node:events";
import { bye, rtpPacket, senderReport } from "./packets.ts";
import type { Payloads } from "./payloads.ts";

export interface SenderSettings {
  host: string;
  /** RTCP is sent there too (RFC 5761), in order with the packets. */
  port: number;
  payloadType: number;
  payloads: Payloads;
  ssrc?: number;
  /** Default 1. Tests of wrap-arounds set it. */
  firstSequence?: number;
}

/** Sends one track like a gateway: frames in the requested order with the requested timestamps. */
export class RtpSender implements AsyncDisposable {
  readonly #socket = createSocket("udp4");
  readonly #settings: SenderSettings;
  readonly #ssrc: number;
  #sequence: number;
  #packets = 0;
  #bytes = 0;

  constructor(settings: SenderSettings) {
    this.#settings = settings;
    this.#ssrc = settings.ssrc ?? 0x5eed;
    this.#sequence = settings.firstSequence ?? 1;
  }

  /** @param timestamp in units of the codec's clock, modulo 2^32. */
  async frame(frame: Buffer, timestamp: number): Promise<void> {
    const { payloads, payloadType, port } = this.#settings;
    const cut = payloads(frame);
    for (const [index, payload] of cut.entries()) {
      const marker = index === cut.length - 1;
      await this.#send(
        rtpPacket({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc }, payload),
        port,
      );
      this.#sequence += 1;
      this.#packets += 1;
      this.#bytes += payload.length;
    }
  }

  async report(unixMs: number, timestamp: number): Promise<void> {
    const report = senderReport(this.#ssrc, unixMs, timestamp, this.#packets, this.#bytes);
    await this.#send(report, this.#settings.port);
  }

  async bye(): Promise<void> {
    await this.#send(bye(this.#ssrc), this.#settings.port);
  }

  /** Skips this many sequence numbers, like packets that are permanently lost. */
  skip(packets: number): void {
    this.#sequence += packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  async #send(packet: Buffer, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(packet, port, this.#settings.host, (error) => (error ? reject(error) : resolve()));
    });
  }
}
