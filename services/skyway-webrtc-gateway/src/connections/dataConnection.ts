import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import type { ContentPorts } from "../content/contentPorts.ts";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { type DataConnectionId, hasIdForm, newDataConnectionId } from "../ids.ts";
import type { ChannelInit, DataTransport, DataTransportEvents } from "../webrtc/dataTransport.ts";
import type { Address, RemoteCandidate } from "../webrtc/mediaSession.ts";
import type { RemotePeer } from "./call.ts";
import { CONNECT_LIMIT_MS, Deadline, RING_LIMIT_MS } from "./deadline.ts";
import { type DataTotals, EarlyMessages } from "./earlyMessages.ts";

/** Events of the API. */
export type DataEvent = { event: "OPEN" | "CLOSE" } | { event: "ERROR"; error_message: string };

/** Spelled as in the API. skyway-js uses lower case. */
export const SERIALIZATIONS = ["BINARY", "BINARY_UTF8", "JSON", "NONE"] as const;
export type Serialization = (typeof SERIALIZATIONS)[number];

export interface DataCall {
  remoteId: string;
  /** The caller's own name for the connection. */
  connectionId: string;
  label: string;
  metadata: unknown;
  serialization: Serialization;
  init: ChannelInit;
}

/** The port that a program sends to, and the address where it receives. An absent field is not changed. */
export interface DataAttachment {
  dataId?: string | undefined;
  redirect?: Address | undefined;
}

export interface DataResources {
  ports: ContentPorts;
  createTransport(events: DataTransportEvents): DataTransport;
  sendDatagram(datagram: Buffer, to: Address): void;
  totals: DataTotals;
  clock: Clock;
  log: Logger;
}

/**
 * One data connection, from its offer to CLOSE. Each datagram becomes one message and each message one datagram, byte for
 * byte. Unless its serialization is "none", skyway-js encodes its messages; the program must decode and encode them.
 */
export class DataConnection {
  readonly id: DataConnectionId = newDataConnectionId();
  readonly remoteId: string;
  readonly call: DataCall;
  readonly events: EventStream<DataEvent>;
  readonly #remote: RemotePeer;
  readonly #resources: DataResources;
  readonly #transport: DataTransport;
  readonly #onEnded: () => void;
  readonly #deadline: Deadline;
  readonly #early: EarlyMessages;
  readonly #log: Logger;
  #dataId: string | undefined;
  #redirect: Address | undefined;
  #state: "connecting" | "dialling" | "open" | "ended" = "connecting";
  #isReleased = false;
  #isTaken = false;

  /** @param onEnded is called once, after CLOSE was pushed. */
  constructor(call: DataCall, remote: RemotePeer, resources: DataResources, onEnded: () => void) {
    this.call = call;
    this.remoteId = call.remoteId;
    this.#remote = remote;
    this.#resources = resources;
    this.#onEnded = onEnded;
    this.#deadline = new Deadline(resources.clock);
    this.#log = resources.log.child({ dataConnectionId: this.id, remoteId: call.remoteId });
    this.events = new EventStream(resources.clock);
    this.#early = new EarlyMessages(resources.totals);
    this.#transport = resources.createTransport({
      open: () => this.#opened(),
      message: (data) => {
        if (this.#redirect) resources.sendDatagram(data, this.#redirect);
        else this.#early.add(data);
      },
      candidate: (candidate) => this.#remote.candidate(candidate),
      gone: () => this.end({ tellsPeer: false }),
    });
  }

  /** Whether a program has made the connection or attached to it. Incoming ones open without a program. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the id is gone. */
  get isGone(): boolean {
    return this.#isReleased || (this.#state === "ended" && this.events.endDelivered);
  }

  /** Whether DELETE is accepted: also after CLOSE was read, because programs send DELETE then. */
  get isDeletable(): boolean {
    return !this.#isReleased || this.events.endDelivered;
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** The port whose datagrams are sent. */
  get dataId(): string | undefined {
    return this.#dataId;
  }

  /** Answers another peer's offer. @throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
  answer(offerSdp: string): void {
    this.#remote.answer(this.#transport.answer(offerSdp));
    this.#mustOpen();
  }

  /** Offers a connection. @throws GatewayError TRANSPORT_FAILED, UNKNOWN_ID. */
  connect(attachment: DataAttachment): void {
    const offer = this.#transport.offer(this.call.label, this.call.init);
    this.attach(attachment);
    this.#state = "dialling";
    this.#deadline.set(RING_LIMIT_MS, () => this.fail("the peer did not answer"));
    this.#remote.offer(offer);
  }

  accepted(answerSdp: string): void {
    if (this.#state !== "dialling") return;
    this.#state = "connecting";
    try {
      const candidates = this.#transport.accept(answerSdp);
      this.#mustOpen();
      for (const candidate of candidates) this.#remote.candidate(candidate);
    } catch (error) {
      this.#log.warn({ err: error }, "answer refused");
      this.fail("the answer cannot be understood");
    }
  }

  addCandidate(candidate: RemoteCandidate): void {
    this.#transport.addRemoteCandidate(candidate);
  }

  /** @throws GatewayError CONNECTION_ENDED, UNKNOWN_ID: then nothing has changed. */
  attach({ dataId, redirect }: DataAttachment): void {
    // A port that is attached now would stay in use forever.
    if (this.#state === "ended") throw new GatewayError("CONNECTION_ENDED");
    this.#isTaken = true;
    if (dataId !== undefined && dataId !== this.#dataId) {
      const { ports, totals } = this.#resources;
      if (!hasIdForm("da", dataId) || !ports.find(dataId))
        throw new GatewayError("UNKNOWN_ID", undefined, { field: "data_id" });
      ports.withdraw(this.id);
      const asText = this.call.serialization === "JSON";
      ports.attach(dataId, this.id, "data_id", (datagram) => {
        if (!this.#transport.send(datagram, asText)) totals.droppedToPeer += 1;
      });
      this.#dataId = dataId;
    }
    if (redirect) this.#redirectTo(redirect);
  }

  /** Sends what waited for the first address before anything that arrives from now on. */
  #redirectTo(redirect: Address): void {
    this.#redirect = redirect;
    const { messages, dropped } = this.#early.take();
    for (const message of messages) this.#resources.sendDatagram(message, redirect);
    if (dropped === 0) return;
    this.#log.warn({ dropped }, "messages dropped: too many before redirect_params");
    const error_message = `${dropped} messages were dropped: they came before redirect_params, and too many were waiting`;
    this.events.push({ event: "ERROR", error_message });
  }

  /** The other peer has left signalling. An open channel continues. */
  remoteLeft(): void {
    if (!this.isOpen) this.end({ tellsPeer: false });
  }

  fail(message: string): void {
    if (this.#state === "ended") return;
    this.events.push({ event: "ERROR", error_message: message });
    this.end({ tellsPeer: true });
  }

  /** The API's caller releases it: its id is gone, though CLOSE can still be read. */
  release(): void {
    this.#isReleased = true;
    this.end({ tellsPeer: true });
  }

  /** May be called again. */
  end({ tellsPeer }: { tellsPeer: boolean }): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#deadline.cancel();
    if (tellsPeer) this.#remote.forceClose();
    this.#resources.ports.detach(this.id);
    this.#transport.close();
    const dropped = this.#early.discard();
    this.#log.info({ ...(dropped > 0 && { dropped }) }, "data connection ended");
    this.events.end({ event: "CLOSE" });
    this.#onEnded();
  }

  #mustOpen(): void {
    this.#deadline.set(CONNECT_LIMIT_MS, () => this.fail("the connection could not be made"));
  }

  #opened(): void {
    if (this.#state === "ended" || this.#state === "open") return;
    this.#state = "open";
    this.#deadline.cancel();
    this.#log.info("data connection is open");
    this.events.push({ event: "OPEN" });
  }
}
