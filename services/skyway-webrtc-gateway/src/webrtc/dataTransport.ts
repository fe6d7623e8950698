import nodeDataChannel, { type DataChannel, type PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import {
  DATA_CONNECTION_MID,
  MAX_DATA_MESSAGE_BYTES,
  writeDataDescription,
  writeRemoteData,
} from "./dataDescription.ts";
import { HeldCandidates } from "./heldCandidates.ts";
import { localParameters } from "./libraryDescription.ts";
import { candidates, type Endpoint } from "./localTransport.ts";
import type { RemoteCandidate } from "./mediaSession.ts";
import { libraryConfiguration, type NetworkBinding } from "./networkBinding.ts";
import { parseDataOffer } from "./offer.ts";
import { type RelayedEndpoint, watchRelay } from "./relayedEndpoint.ts";
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
  readonly #connection: PeerConnection;
  readonly #events: DataTransportEvents;
  readonly #binding: DataBinding;
  readonly #relayed: RelayedEndpoint | undefined;
  #channel: DataChannel | undefined;
  #remoteMid = DATA_CONNECTION_MID;
  /** Candidates that arrive before the peer's description. */
  #early: string[] | undefined = [];
  #isOver = false;
  readonly #held = new HeldCandidates((candidate) => this.#addCandidate(candidate));

  constructor(binding: DataBinding, events: DataTransportEvents) {
    this.#events = events;
    this.#binding = binding;
    this.#connection = new nodeDataChannel.PeerConnection(
      "data",
      libraryConfiguration(binding, MAX_DATA_MESSAGE_BYTES),
    );
    this.#relayed = watchRelay(this.#connection, binding);
    this.#connection.onDataChannel((channel) => {
      if (this.#channel || this.#isOver) channel.close();
      else this.#use(channel);
    });
    this.#connection.onStateChange((state) => {
      if (state === "disconnected" || state === "failed" || state === "closed") this.#gone();
    });
  }

  /** Throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
  answer(offerSdp: string): string {
    const offered = parseDataOffer(offerSdp);
    this.#remoteMid = offered.mid;
    this.#held.hold();
    this.#describe(writeRemoteData(offered), "offer", offered.candidates);
    const local = localParameters(this.#connection);
    void this.#sendRelayedCandidate();
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
      this.#use(this.#connection.createDataChannel(label, init));
      const local = localParameters(this.#connection);
      return writeDataDescription(
        DATA_CONNECTION_MID,
        { ...local, endpoints: this.#endpoints(), version: 1 },
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
    this.#describe(writeRemoteData(answered), "answer", answered.candidates);
    void this.#sendRelayedCandidate();
    return this.#candidates();
  }

  /** A relayed endpoint is sent later, as a candidate: peers of data connections support trickle ICE. */
  #endpoints(): readonly Endpoint[] {
    return this.#relayed ? [] : this.#binding.endpoints();
  }

  #candidates(endpoints = this.#endpoints()): RemoteCandidate[] {
    return candidates({ endpoints }).map((candidate) => ({ candidate, sdpMid: this.#remoteMid, sdpMLineIndex: 0 }));
  }

  /** Not before our description has left: the caller of this method sends it in this turn of the event loop. */
  async #sendRelayedCandidate(): Promise<void> {
    if (!this.#relayed) return;
    try {
      await this.#relayed.allocated();
    } catch {
      this.#gone(); // No TURN server answers.
    }
    if (this.#isOver) return;
    for (const candidate of this.#candidates(this.#relayed.endpoints)) this.#events.candidate(candidate);
  }

  addRemoteCandidate({ candidate }: Pick<RemoteCandidate, "candidate">): void {
    if (this.#isOver || !isUsable(candidate)) return;
    if (this.#early) {
      if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
      return;
    }
    // See `PeerTransport.addRemoteCandidate`.
    if (this.#relayed && isRelayed(candidate)) this.#addCandidate(candidate);
    else this.#held.add(candidate);
  }

  #addCandidate(candidate: string): void {
    if (this.#isOver) return;
    try {
      this.#connection.addRemoteCandidate(candidate, DATA_CONNECTION_MID);
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
    this.#relayed?.close();
    for (const one of [this.#channel, this.#connection]) {
      try {
        one?.close();
      } catch {
        // Closed by the library already.
      }
    }
  }

  #describe(sdp: string, type: "offer" | "answer", offered: readonly string[]): void {
    try {
      this.#connection.setRemoteDescription(sdp, type);
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
