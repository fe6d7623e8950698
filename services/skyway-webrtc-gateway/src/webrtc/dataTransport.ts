import nodeDataChannel, { type DataChannel, type PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import {
  DATA_CONNECTION_MID,
  MAX_DATA_MESSAGE_BYTES,
  writeDataDescription,
  writeRemoteData,
} from "./dataDescription.ts";
import { type GatheredEndpoint, watchGathering } from "./gatheredEndpoint.ts";
import { HeldCandidates } from "./heldCandidates.ts";
import { localParameters } from "./libraryDescription.ts";
import { candidates, type Endpoint } from "./localTransport.ts";
import type { RemoteCandidate } from "./mediaSession.ts";
import { bindingFor, libraryConfiguration, type NetworkBinding } from "./networkBinding.ts";
import { parseDataOffer } from "./offer.ts";
import { isRelayed, isUsable } from "./remoteCandidate.ts";

export interface DataTransportEvents {
  /** The channel is open. */
  open(): void;
  /** One message, text as UTF-8. */
  message(data: Buffer): void;
  /** A local candidate that was not known yet when our description was written. */
  candidate(candidate: RemoteCandidate): void;
  /** Called once, and not after `close()`. */
  gone(): void;
}

/** Options of a channel that we open (WebRTC, RTCDataChannelInit). */
export interface ChannelInit {
  ordered?: boolean | undefined;
  maxPacketLifeTime?: number | undefined;
  maxRetransmits?: number | undefined;
  protocol?: string | undefined;
}

/** Our end of a data connection. */
export interface DataBinding extends NetworkBinding {
  /** Where peers reach our port. Throws GatewayError PUBLISHED_PORT_UNKNOWN. */
  endpoints(): readonly Endpoint[];
}

/** The buffer for a peer that reads too slowly. Further messages are dropped, like UDP datagrams. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** One libdatachannel connection with one data channel. */
export class DataTransport {
  readonly #events: DataTransportEvents;
  readonly #binding: DataBinding;
  /** Undefined until the offer is known, theirs or ours. */
  #opened: PeerConnection | undefined;
  #gathered: GatheredEndpoint | undefined;
  #channel: DataChannel | undefined;
  #remoteMid = DATA_CONNECTION_MID;
  /** Candidates that arrive before the peer's description. */
  #early: string[] | undefined = [];
  #isOver = false;
  readonly #held = new HeldCandidates((candidate) => this.#addCandidate(candidate));

  constructor(binding: DataBinding, events: DataTransportEvents) {
    this.#events = events;
    this.#binding = binding;
  }

  #open(binding: NetworkBinding): PeerConnection {
    const configuration = libraryConfiguration(binding, MAX_DATA_MESSAGE_BYTES);
    const connection = new nodeDataChannel.PeerConnection("data", configuration);
    this.#opened = connection;
    this.#gathered = watchGathering(connection, binding);
    connection.onDataChannel((channel) => {
      if (this.#channel || this.#isOver) channel.close();
      else this.#use(channel);
    });
    connection.onStateChange((state) => {
      if (state === "disconnected" || state === "failed" || state === "closed") this.#gone();
    });
    return connection;
  }

  /** Throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
  answer(offerSdp: string): string {
    const offered = parseDataOffer(offerSdp);
    this.#remoteMid = offered.mid;
    this.#held.hold();
    const connection = this.#open(bindingFor(this.#binding, offered));
    this.#describe(connection, writeRemoteData(offered), "offer", offered.candidates);
    const local = localParameters(connection);
    void this.#sendGatheredCandidate();
    return writeDataDescription(offered.mid, { ...local, endpoints: this.#endpoints(), version: 1 }, local.setup);
  }

  /** Throws GatewayError TRANSPORT_FAILED. */
  offer(label: string, { ordered = true, maxPacketLifeTime, maxRetransmits, protocol }: ChannelInit): string {
    const init = {
      unordered: !ordered,
      ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
      ...(maxRetransmits !== undefined && { maxRetransmits }),
      ...(protocol !== undefined && { protocol }),
    };
    try {
      const connection = this.#open(this.#binding);
      this.#use(connection.createDataChannel(label, init));
      const local = localParameters(connection);
      return writeDataDescription(
        DATA_CONNECTION_MID,
        { ...local, endpoints: this.#endpoints(), isGateway: !this.#gathered, version: 1 },
        "actpass",
      );
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
  }

  /** Returns our candidates that are known already. Throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
  accept(answerSdp: string): RemoteCandidate[] {
    const answered = parseDataOffer(answerSdp);
    this.#remoteMid = answered.mid;
    this.#describe(this.#opened, writeRemoteData(answered), "answer", answered.candidates);
    void this.#sendGatheredCandidate();
    return this.#candidates();
  }

  /** An endpoint that the library has to gather is sent later, as a candidate: peers of data connections support trickle ICE. */
  #endpoints(): readonly Endpoint[] {
    return this.#gathered ? [] : this.#binding.endpoints();
  }

  #candidates(endpoints = this.#endpoints()): RemoteCandidate[] {
    return candidates({ endpoints }).map((candidate) => ({ candidate, sdpMid: this.#remoteMid, sdpMLineIndex: 0 }));
  }

  /** Not before our description has left: the caller of this method sends it in this turn of the event loop. */
  async #sendGatheredCandidate(): Promise<void> {
    if (!this.#gathered) return;
    try {
      await this.#gathered.allocated();
    } catch {
      this.#gone(); // No TURN server answers.
    }
    if (this.#isOver) return;
    for (const candidate of this.#candidates(this.#gathered.endpoints)) this.#events.candidate(candidate);
  }

  addRemoteCandidate({ candidate }: Pick<RemoteCandidate, "candidate">): void {
    if (this.#isOver || !isUsable(candidate)) return;
    if (this.#early) {
      if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
      return;
    }
    // See `PeerTransport.addRemoteCandidate`.
    if (this.#gathered && isRelayed(candidate)) this.#addCandidate(candidate);
    else this.#held.add(candidate);
  }

  #addCandidate(candidate: string): void {
    if (this.#isOver) return;
    try {
      this.#opened?.addRemoteCandidate(candidate, DATA_CONNECTION_MID);
    } catch {
      // Malformed, or one too many.
    }
  }

  /** Sends one message. False if it was dropped. */
  send(message: Buffer, asText: boolean): boolean {
    const channel = this.#channel;
    try {
      if (!channel?.isOpen() || channel.bufferedAmount() > MAX_BUFFERED_BYTES) return false;
      return asText ? channel.sendMessage(message.toString("utf8")) : channel.sendMessageBinary(message);
    } catch {
      // Longer than the peer accepts, or just closed.
      return false;
    }
  }

  get bufferedBytes(): number {
    try {
      return this.#channel?.bufferedAmount() ?? 0;
    } catch {
      return 0;
    }
  }

  close(): void {
    this.#isOver = true;
    this.#held.drop();
    this.#gathered?.close();
    for (const one of [this.#channel, this.#opened]) {
      try {
        one?.close();
      } catch {
        // Closed by the library already.
      }
    }
  }

  /** @param connection undefined: there was no offer. */
  #describe(
    connection: PeerConnection | undefined,
    sdp: string,
    type: "offer" | "answer",
    offered: readonly string[],
  ): void {
    if (!connection) throw new GatewayError("TRANSPORT_FAILED", "nothing was offered");
    try {
      connection.setRemoteDescription(sdp, type);
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const candidate of [...offered, ...early]) this.addRemoteCandidate({ candidate });
  }

  #use(channel: DataChannel): void {
    this.#channel = channel;
    channel.onMessage((message) => {
      if (!this.#isOver) this.#events.message(bytesOf(message));
    });
    channel.onClosed(() => this.#gone());
    channel.onError(() => undefined);
    const opened = () => {
      if (!this.#isOver) this.#events.open();
    };
    if (channel.isOpen()) setImmediate(opened);
    else channel.onOpen(opened);
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // The library may still be inside its callback.
    setImmediate(() => {
      this.#events.gone();
      this.close();
    });
  }
}

const MAX_EARLY_CANDIDATES = 100;

function bytesOf(message: string | Buffer | ArrayBuffer): Buffer {
  if (typeof message === "string") return Buffer.from(message, "utf8");
  return Buffer.isBuffer(message) ? message : Buffer.from(message);
}
