import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import { type GatheredEndpoint, watchGathering } from "./gatheredEndpoint.ts";
import { HeldCandidates } from "./heldCandidates.ts";
import type { IceCredentials } from "./ice/liteAgent.ts";
import { RestartedIce } from "./ice/restartedIce.ts";
import { credentialsOf, localParameters, type TransportParameters } from "./libraryDescription.ts";
import type { MediaPort } from "./mediaPort.ts";
import { libraryConfiguration, type NetworkBinding } from "./networkBinding.ts";
import { isRelayed, isUsable } from "./remoteCandidate.ts";
import { MAX_MESSAGE_BYTES, TRANSPORT_MID, TRANSPORT_PAYLOAD_TYPE } from "./transportOffer.ts";

/** Events of the library: decrypted RTP and RTCP, and the beginning and end of the connection. */
export interface TransportEvents {
  /** RTP or RTCP. The receiver may keep and change the buffer. */
  packet(packet: Buffer): void;
  /** ICE and DTLS are up; packets may be sent. */
  connected(): void;
  /** The caller sends from another address, after an ICE restart. */
  moved(): void;
  /** Called once at most, and not after `close()`. */
  gone(reason: "ice_failed" | "dtls_closed"): void;
}

/** libjuice has room for 30: 14 for those that it discovers, and some for ours (see `InsidePeer`). */
const MAX_REMOTE_CANDIDATES = 12;

/** One libdatachannel connection, with one raw track for all packets. */
export class PeerTransport {
  /** Where callers reach us, if not at the media port: through a TURN server, or at a port of its own. */
  readonly gathered: GatheredEndpoint | undefined;
  readonly #connection: PeerConnection;
  readonly #events: TransportEvents;
  #track: Track | undefined;
  #channel: DataChannel | undefined;
  #iceIsUp = false;
  #isOver = false;
  /** Received from the caller. */
  #remoteCandidates = 0;
  #restarted: Promise<RestartedIce> | undefined;
  readonly #held = new HeldCandidates((candidate) => this.#addCandidate(candidate));

  /** Does not bind the port yet: the library does when it answers. */
  constructor(name: string, binding: NetworkBinding, events: TransportEvents) {
    this.#events = events;
    this.#connection = new nodeDataChannel.PeerConnection(name, libraryConfiguration(binding, MAX_MESSAGE_BYTES));
    this.gathered = watchGathering(this.#connection, binding);
    this.#connection.onTrack((track) => this.#useTrack(track));
    this.#connection.onDataChannel((channel) => this.#keepChannel(channel));
    this.#connection.onIceStateChange((state) => {
      if (state === "connected" || state === "completed") this.#iceIsUp = true;
      else if (state === "disconnected" || state === "failed") this.#iceIsUp = false;
    });
    this.#connection.onStateChange((state) => this.#stateChanged(state));
  }

  /** Throws GatewayError TRANSPORT_FAILED. */
  answer(offer: string): TransportParameters {
    this.#held.hold();
    try {
      this.#connection.setRemoteDescription(offer, "offer"); // also creates the answer, and opens the port
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
    return this.#parameters();
  }

  /**
   * The local end, for our own offer. The peer must not get a candidate before its answer has arrived: the library begins DTLS
   * as soon as the peer's checks arrive, and refuses a certificate that it does not know yet.
   *
   * Throws GatewayError TRANSPORT_FAILED.
   */
  offer(): TransportParameters {
    try {
      const media = new nodeDataChannel.Video(TRANSPORT_MID, "SendRecv");
      media.addVP8Codec(TRANSPORT_PAYLOAD_TYPE);
      this.#useTrack(this.#connection.addTrack(media));
      this.#connection.setLocalDescription("offer");
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
    return this.#parameters();
  }

  /** Takes the peer's end, for our own offer. Throws GatewayError TRANSPORT_FAILED. */
  accept(answer: string): void {
    try {
      this.#connection.setRemoteDescription(answer, "answer");
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
  }

  /**
   * Restarts ICE and keeps DTLS and SRTP. The current path is used until the caller uses another.
   *
   * @param silentMs how long the caller has been silent.
   * @returns our new end.
   * @throws GatewayError TRANSPORT_FAILED: there is no path yet, or it does not use the media port.
   */
  async restartIce(port: MediaPort, silentMs: number): Promise<IceCredentials> {
    if (this.gathered || !this.#iceIsUp) throw new GatewayError("TRANSPORT_FAILED", "ICE cannot be restarted");
    this.#restarted ??= this.#takeOver(port, silentMs);
    const restarted = await this.#restarted;
    if (this.#isOver) throw new GatewayError("TRANSPORT_FAILED", "the transport has ended");
    return restarted.restart();
  }

  /** Sets the caller's new end, after `restartIce`. */
  async setRemote(theirs: IceCredentials): Promise<void> {
    (await this.#restarted)?.setRemote(theirs);
  }

  async #takeOver(port: MediaPort, silentMs: number): Promise<RestartedIce> {
    try {
      const caller = credentialsOf(this.#connection.remoteDescription()?.sdp);
      const remote = this.#connection.getSelectedCandidatePair()?.remote;
      const current = remote && { host: remote.address, port: remote.port };
      const first = { library: this.#parameters(), caller };
      const library = {
        first,
        silentMs,
        addCandidate: (candidate: string) => this.#addCandidate(candidate),
        moved: () => this.#events.moved(),
        lost: () => this.#lost(),
      };
      const restarted = await RestartedIce.begin(port, library, current);
      if (this.#isOver) restarted.close();
      return restarted;
    } catch (error) {
      this.#restarted = undefined;
      throw error;
    }
  }

  #parameters(): TransportParameters {
    return localParameters(this.#connection);
  }

  /** Ignores unusable candidates: the caller reaches us, so that we need no candidate. */
  addRemoteCandidate(candidate: string): void {
    // After an ICE restart they belong to another session than the library's.
    if (this.#isOver || this.#restarted || !isUsable(candidate)) return;
    if (!this.gathered && ++this.#remoteCandidates > MAX_REMOTE_CANDIDATES) return;
    // Our TURN server accepts packets only from addresses that we have sent to, and the caller's does the same. So our
    // checks are never too early.
    if (this.gathered && isRelayed(candidate)) this.#addCandidate(candidate);
    else this.#held.add(candidate);
  }

  #addCandidate(candidate: string): void {
    if (this.#isOver) return;
    try {
      this.#connection.addRemoteCandidate(candidate, TRANSPORT_MID);
    } catch {
      // Malformed, or one too many.
    }
  }

  /** Sends RTP or RTCP to the peer. False if the track is not open: the library would throw. */
  send(packet: Buffer): boolean {
    try {
      return this.#track?.isOpen() === true && this.#track.sendMessageBinary(packet);
    } catch {
      return false;
    }
  }

  /** Closes DTLS with an alert, and the connection. */
  close(): void {
    this.#isOver = true;
    this.#held.drop();
    this.gathered?.close();
    void this.#restarted?.then((restarted) => restarted.close()).catch(() => undefined);
    // Each one explicitly: if only the connection is closed, 6 kB per call stay in memory.
    for (const one of [this.#track, this.#channel, this.#connection]) {
      try {
        one?.close();
      } catch {
        // Closed by the library already.
      }
    }
    this.#track = undefined;
    this.#channel = undefined;
  }

  #useTrack(track: Track): void {
    if (this.#isOver) {
      track.close();
      return;
    }
    this.#track = track;
    track.onMessage((packet) => {
      if (!this.#isOver) this.#events.packet(packet);
    });
    track.onError(() => undefined);
  }

  /** Keeps one channel open and never reads it; flow control stops its sender. Refuses other channels. */
  #keepChannel(channel: DataChannel): void {
    if (this.#channel === undefined && !this.#isOver) this.#channel = channel;
    else channel.close();
  }

  #stateChanged(state: string): void {
    if (this.#isOver) return;
    if (state === "connected") {
      this.#held.release();
      this.#events.connected();
    }
    if (state !== "disconnected" && state !== "failed" && state !== "closed") return;
    this.#isOver = true;
    // The ICE state comes through another queue of the library, perhaps later in this turn of the event loop.
    setImmediate(() => this.#gone(this.#iceIsUp ? "dtls_closed" : "ice_failed"));
  }

  #lost(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#gone("ice_failed");
  }

  #gone(reason: "ice_failed" | "dtls_closed"): void {
    this.#events.gone(reason);
    this.close();
  }
}
