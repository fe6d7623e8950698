import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import { HeldCandidates } from "./heldCandidates.ts";
import type { IceCredentials } from "./ice/liteAgent.ts";
import { RestartedIce } from "./ice/restartedIce.ts";
import { credentialsOf, localParameters, type TransportParameters } from "./libraryDescription.ts";
import type { MediaPort } from "./mediaPort.ts";
import { libraryConfiguration, type NetworkBinding } from "./networkBinding.ts";
import { type RelayedEndpoint, watchRelay } from "./relayedEndpoint.ts";
import { isRelayed, isUsable } from "./remoteCandidate.ts";
import { MAX_MESSAGE_BYTES, TRANSPORT_MID, TRANSPORT_PAYLOAD_TYPE } from "./transportOffer.ts";

/** What the library brings: decrypted RTP and RTCP, and the beginning and end of the connection. */
export interface TransportEvents {
  /** RTP or RTCP. The buffer is the receiver's to keep and to change. */
  packet(packet: Buffer): void;
  /** ICE and DTLS are up; packets may be sent. */
  connected(): void;
  /** The caller comes from elsewhere, since ICE was restarted. */
  moved(): void;
  /** Called once at most, and not after `close()`. */
  gone(reason: "ice_failed" | "dtls_closed"): void;
}

/** libjuice has room for 30: 14 that it learns of by itself, and some are for us (see `InsidePeer`). */
const MAX_TOLD = 12;

/** One libdatachannel connection, with one raw track for everything that comes. */
export class PeerTransport {
  /** Where callers reach us by a TURN server; undefined: they come to the media port. */
  readonly relayed: RelayedEndpoint | undefined;
  readonly #connection: PeerConnection;
  readonly #events: TransportEvents;
  #track: Track | undefined;
  #channel: DataChannel | undefined;
  #iceIsUp = false;
  #isOver = false;
  /** How many candidates the caller has told us of. */
  #told = 0;
  #restarted: Promise<RestartedIce> | undefined;
  readonly #held = new HeldCandidates((candidate) => this.#addCandidate(candidate));

  /** Binds nothing yet: the library opens the port when it answers. */
  constructor(name: string, binding: NetworkBinding, events: TransportEvents) {
    this.#events = events;
    this.#connection = new nodeDataChannel.PeerConnection(name, libraryConfiguration(binding, MAX_MESSAGE_BYTES));
    this.relayed = watchRelay(this.#connection, binding);
    this.#connection.onTrack((track) => this.#take(track));
    this.#connection.onDataChannel((channel) => this.#keep(channel));
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
      this.#connection.setRemoteDescription(offer, "offer"); // answers by itself, and opens the port
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
    return this.#parameters();
  }

  /**
   * Our end of an offer of ours. No candidate may reach the peer before its answer is here: the library begins DTLS as
   * soon as the peer's checks come in, and refuses a certificate that it does not know yet.
   *
   * Throws GatewayError TRANSPORT_FAILED.
   */
  offer(): TransportParameters {
    try {
      const media = new nodeDataChannel.Video(TRANSPORT_MID, "SendRecv");
      media.addVP8Codec(TRANSPORT_PAYLOAD_TYPE);
      this.#take(this.#connection.addTrack(media));
      this.#connection.setLocalDescription("offer");
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
    return this.#parameters();
  }

  /** The peer's end, for an offer of ours. Throws GatewayError TRANSPORT_FAILED. */
  accept(answer: string): void {
    try {
      this.#connection.setRemoteDescription(answer, "answer");
    } catch (cause) {
      throw new GatewayError("TRANSPORT_FAILED", (cause as Error).message, { cause });
    }
  }

  /**
   * Restarts ICE and leaves DTLS and SRTP as they are. The way that there is stays, until the caller comes by another.
   *
   * @param silentMs for how long nothing has come from the caller.
   * @returns our new end.
   * @throws GatewayError TRANSPORT_FAILED: not while there is no way yet, and not by a TURN server of ours.
   */
  async restartIce(port: MediaPort, silentMs: number): Promise<IceCredentials> {
    if (this.relayed || !this.#iceIsUp) throw new GatewayError("TRANSPORT_FAILED", "ICE cannot be restarted");
    this.#restarted ??= this.#takeOver(port, silentMs);
    const restarted = await this.#restarted;
    if (this.#isOver) throw new GatewayError("TRANSPORT_FAILED", "it has ended");
    return restarted.restart();
  }

  /** The caller's new end, after `restartIce`. */
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

  /** Candidates that cannot be used are left out: the caller reaches us, so that no candidate is needed. */
  addRemoteCandidate(candidate: string): void {
    // Once ICE was restarted they are of another session than the library's.
    if (this.#isOver || this.#restarted || !isUsable(candidate)) return;
    if (!this.relayed && ++this.#told > MAX_TOLD) return;
    // Our TURN server lets nobody in whom we have not sent to. The caller's does the same to us: it cannot be too early.
    if (this.relayed && isRelayed(candidate)) this.#addCandidate(candidate);
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

  /** RTP or RTCP to the peer; false if the track is not open (any more), on which the library would throw. */
  send(packet: Buffer): boolean {
    try {
      return this.#track?.isOpen() === true && this.#track.sendMessageBinary(packet);
    } catch {
      return false;
    }
  }

  /** Says goodbye by DTLS and closes. */
  close(): void {
    this.#isOver = true;
    this.#held.drop();
    this.relayed?.close();
    void this.#restarted?.then((restarted) => restarted.close()).catch(() => undefined);
    // One by one: what the connection closes for them stays in memory, 6 kB a call.
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

  #take(track: Track): void {
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

  /** One channel is kept open and never read; the library holds back who writes into it. Others are refused. */
  #keep(channel: DataChannel): void {
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
    // The ICE state comes by another queue of the library, perhaps later in this turn of the event loop.
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
