import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import type { ContentPorts } from "../content/contentPorts.ts";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { type DataConnectionId, hasIdForm, newDataConnectionId } from "../ids.ts";
import type { ChannelInit, DataTransport, DataTransportEvents } from "../webrtc/dataTransport.ts";
import type { Address, RemoteCandidate } from "../webrtc/mediaSession.ts";
import { CONNECT_LIMIT_MS, type RemotePeer, RING_LIMIT_MS } from "./mediaConnection.ts";

/** Events as they go over the wire. */
export type DataEvent = { event: "OPEN" | "CLOSE" } | { event: "ERROR"; error_message: string };

/** As the API spells them; skyway-js has them in small letters. */
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

/** What a program sends from, and where it receives. What is left out stays as it is. */
export interface DataPlan {
  dataId?: string | undefined;
  redirect?: Address | undefined;
}

export interface DataRooms {
  ports: ContentPorts;
  createTransport(events: DataTransportEvents): DataTransport;
  sendDatagram(datagram: Buffer, to: Address): void;
  clock: Clock;
  log: Logger;
}

/**
 * One data connection, from its offer to CLOSE. A datagram is a message and a message a datagram, byte for byte: what
 * skyway-js packs around its messages unless its serialization is "none" is the program's to read and to write.
 */
export class DataConnection {
  readonly id: DataConnectionId = newDataConnectionId();
  readonly remoteId: string;
  readonly call: DataCall;
  readonly events: EventStream<DataEvent>;
  readonly #remote: RemotePeer;
  readonly #rooms: DataRooms;
  readonly #transport: DataTransport;
  readonly #onEnded: () => void;
  readonly #log: Logger;
  #dataId: string | undefined;
  #redirect: Address | undefined;
  #state: "connecting" | "dialling" | "open" | "ended" = "connecting";
  #isReleased = false;
  #cancelLimit = () => {};

  /** @param onEnded is called once, after CLOSE was pushed. */
  constructor(call: DataCall, remote: RemotePeer, rooms: DataRooms, onEnded: () => void) {
    this.call = call;
    this.remoteId = call.remoteId;
    this.#remote = remote;
    this.#rooms = rooms;
    this.#onEnded = onEnded;
    this.#log = rooms.log.child({ dataConnectionId: this.id, remoteId: call.remoteId });
    this.events = new EventStream(rooms.clock);
    this.#transport = rooms.createTransport({
      open: () => this.#opened(),
      message: (data) => {
        if (this.#redirect) rooms.sendDatagram(data, this.#redirect);
      },
      candidate: (candidate) => this.#remote.candidate(candidate),
      gone: () => this.end({ tellsPeer: false }),
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the id is gone. */
  get isGone(): boolean {
    return this.#isReleased || (this.#state === "ended" && this.events.endDelivered);
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** The port that is sent from. */
  get dataId(): string | undefined {
    return this.#dataId;
  }

  /** Takes another peer's offer. @throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
  answer(offerSdp: string): void {
    this.#remote.answer(this.#transport.answer(offerSdp));
    this.#mustOpen();
  }

  /** Offers a connection. @throws GatewayError TRANSPORT_FAILED, UNKNOWN_ID. */
  connect(plan: DataPlan): void {
    const offer = this.#transport.offer(this.call.label, this.call.init);
    this.attach(plan);
    this.#state = "dialling";
    this.#cancelLimit = this.#rooms.clock.after(RING_LIMIT_MS, () => this.fail("the peer did not answer"));
    this.#remote.offer(offer);
  }

  accepted(answerSdp: string): void {
    if (this.#state !== "dialling") return;
    this.#state = "connecting";
    try {
      const candidates = this.#transport.accept(answerSdp);
      this.#cancelLimit();
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

  /** @throws GatewayError CONNECTION_ENDED, UNKNOWN_ID: nothing has changed then. */
  attach({ dataId, redirect }: DataPlan): void {
    // A port that is attached now would stay in use for ever.
    if (this.#state === "ended") throw new GatewayError("CONNECTION_ENDED");
    if (dataId !== undefined && dataId !== this.#dataId) {
      const { ports } = this.#rooms;
      if (!hasIdForm("da", dataId) || !ports.find(dataId))
        throw new GatewayError("UNKNOWN_ID", undefined, { field: "data_id" });
      ports.withdraw(this.id);
      const asText = this.call.serialization === "JSON";
      ports.attach(dataId, this.id, "data_id", (datagram) => void this.#transport.send(datagram, asText));
      this.#dataId = dataId;
    }
    if (redirect) this.#redirect = redirect;
  }

  /** The other peer has left signalling: a channel that is open goes on. */
  remoteLeft(): void {
    if (!this.isOpen) this.end({ tellsPeer: false });
  }

  fail(message: string): void {
    if (this.#state === "ended") return;
    this.events.push({ event: "ERROR", error_message: message });
    this.end({ tellsPeer: true });
  }

  /** The API's caller lets go of it: its id is gone, though CLOSE can still be read. */
  release(): void {
    this.#isReleased = true;
    this.end({ tellsPeer: true });
  }

  /** May be called again. */
  end({ tellsPeer }: { tellsPeer: boolean }): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#cancelLimit();
    if (tellsPeer) this.#remote.forceClose();
    this.#rooms.ports.detach(this.id);
    this.#transport.close();
    this.#log.info("data connection ended");
    this.events.end({ event: "CLOSE" });
    this.#onEnded();
  }

  #mustOpen(): void {
    this.#cancelLimit = this.#rooms.clock.after(CONNECT_LIMIT_MS, () => this.fail("the connection could not be made"));
  }

  #opened(): void {
    if (this.#state === "ended" || this.#state === "open") return;
    this.#state = "open";
    this.#cancelLimit();
    this.#log.info("data connection is open");
    this.events.push({ event: "OPEN" });
  }
}
