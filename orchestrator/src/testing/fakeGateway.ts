import type { MediaConnectionId, PeerId } from "../ids.ts";
import { EventQueue } from "../recording/gateway/eventQueue.ts";
import type {
  CallOrder,
  ConnectionEvent,
  DataStatus,
  Gateway,
  PeerEvent,
  PeerHandle,
  TracksReport,
} from "../recording/gateway/gateway.ts";
import { GatewayError } from "../recording/gateway/gatewayError.ts";
import { offerOf } from "../recording/gateway/offerOf.ts";
import { qualifiedId } from "../recording/gateway/qualifiedId.ts";
import { type Codecs, USUAL_CODECS } from "../recording/recorders/codecs.ts";
import type { RedirectTargets } from "../recording/recorders/redirect.ts";

interface Connection {
  remoteId: string;
  metadata: unknown;
  events: EventQueue<ConnectionEvent>;
  report: TracksReport | null;
  redirect: RedirectTargets | undefined;
}

/** The offer of a caller with camera and microphone. */
export const OFFERED: TracksReport["tracks"] = (["audio", "video"] as const).map((kind) => {
  const codec = USUAL_CODECS[kind];
  return { kind, offered: codec ? [codec] : [], clock: null, counters: {} };
});

/** A fake gateway without media, controlled by a test. */
export class FakeGateway implements Gateway {
  /** If set, every request throws it. */
  trouble: Error | undefined;
  /** Peers by token. */
  readonly peers = new Map<string, { peerId: PeerId; connected: boolean; events: EventQueue<PeerEvent> }>();
  /** Ids that another client uses. */
  readonly taken = new Set<string>();
  /** The official gateway accepts any id, and reports later, as an event, that another client uses it. */
  refusesLater = false;
  /** Outgoing calls. */
  readonly dialled: (CallOrder & { id: MediaConnectionId; codecs: Codecs })[] = [];
  /** The official gateway does not report the tracks of outgoing calls. */
  isOfficial = false;
  /** If set, answers are refused with it. */
  answering: Error | undefined;
  readonly answered: MediaConnectionId[] = [];
  readonly hungUp: MediaConnectionId[] = [];
  /** New media targets during a call; undefined for none. */
  readonly redirects: (string | undefined)[] = [];
  /** Called when a call is switched to another recorder. */
  onTurn: (() => void) | undefined;
  turnedAt = new Date(0);
  publishedPort: number | undefined;
  readonly keyframesAsked: MediaConnectionId[] = [];
  readonly #connections = new Map<string, Connection>();
  #count = 0;
  readonly #address: string | undefined;

  /** @param address set if there are several gateways. */
  constructor(address?: string) {
    this.#address = address;
  }

  /**
   * Simulates an incoming call.
   *
   * @param report null for a gateway that does not report tracks (the official one).
   */
  ring(report: TracksReport | null = { ended: null, tracks: OFFERED }, metadata: unknown = ""): MediaConnectionId {
    this.#count += 1;
    const id = qualifiedId<MediaConnectionId>(`mc-${this.#count}`, this.#address);
    const events = new EventQueue<ConnectionEvent>();
    this.#connections.set(id, { remoteId: `caller-${this.#count}`, metadata, events, report, redirect: undefined });
    return id;
  }

  push(id: MediaConnectionId, event: ConnectionEvent): void {
    this.#connection(id).events.put(event);
  }

  report(id: MediaConnectionId, report: TracksReport): void {
    this.#connection(id).report = report;
  }

  redirectOf(id: MediaConnectionId): RedirectTargets | undefined {
    return this.#connection(id).redirect;
  }

  /** Simulates a restart of the gateway. */
  forget(): void {
    for (const { events } of this.#connections.values()) events.close(gone());
    for (const { events } of this.peers.values()) events.close(gone());
    this.#connections.clear();
    this.peers.clear();
  }

  async createPeer(peerId: PeerId): Promise<PeerHandle> {
    this.#mustWork();
    const isTaken = this.taken.has(peerId) || [...this.peers.values()].some((peer) => peer.peerId === peerId);
    if (isTaken && !this.refusesLater) throw new GatewayError("REFUSED", "the id is taken");
    this.#count += 1;
    const token = `pt-${this.#count}`;
    const events = new EventQueue<PeerEvent>();
    if (isTaken) events.put({ event: "ERROR", message: "UNAVAILABLE_ID" });
    this.peers.set(token, { peerId, connected: !isTaken, events });
    return { peerId, token, gateway: this.#address };
  }

  async peerStatus({ token }: PeerHandle) {
    this.#mustWork();
    return this.peers.get(token);
  }

  async deletePeer({ token }: PeerHandle): Promise<void> {
    this.#mustWork();
    this.peers.delete(token);
  }

  async nextPeerEvent({ token }: PeerHandle, until: AbortSignal): Promise<PeerEvent | undefined> {
    this.#mustWork();
    const peer = this.peers.get(token);
    if (!peer) throw gone();
    return peer.events.take(until);
  }

  async status(id: MediaConnectionId) {
    this.#mustWork();
    return this.#connection(id);
  }

  async tracks(id: MediaConnectionId): Promise<TracksReport | undefined> {
    this.#mustWork();
    return this.#connections.get(id)?.report ?? undefined;
  }

  async offered(id: MediaConnectionId) {
    const report = await this.tracks(id);
    return report && offerOf(report);
  }

  async answer(id: MediaConnectionId, _codecs: Codecs, redirect: RedirectTargets | undefined): Promise<void> {
    this.#mustWork();
    if (this.answering) throw this.answering;
    this.answered.push(id);
    this.#connection(id).redirect = redirect;
  }

  async call(order: CallOrder, codecs: Codecs, redirect: RedirectTargets): Promise<MediaConnectionId> {
    this.#mustWork();
    const id = this.ring(this.isOfficial ? null : { ended: null, tracks: [] }, order.metadata);
    this.#connection(id).redirect = redirect;
    this.dialled.push({ ...order, id, codecs });
    return id;
  }

  async redirect(id: MediaConnectionId, _codecs: Codecs, redirect: RedirectTargets | undefined) {
    this.#mustWork();
    const connection = this.#connection(id);
    if (!connection.report) return undefined;
    connection.redirect = redirect;
    this.redirects.push(redirect?.address);
    return connection.report;
  }

  async switchAtKeyframe(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets) {
    const before = await this.redirect(id, codecs, redirect);
    if (before) this.onTurn?.();
    return before && { before, at: this.turnedAt };
  }

  async nextConnectionEvent(id: MediaConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined> {
    this.#mustWork();
    return this.#connection(id).events.take(until);
  }

  async requestKeyframe(id: MediaConnectionId): Promise<void> {
    this.keyframesAsked.push(id);
  }

  async hangUp(id: MediaConnectionId): Promise<void> {
    this.#mustWork();
    this.hungUp.push(id);
  }

  async dataStatus(): Promise<DataStatus> {
    throw gone();
  }

  async receiveData(): Promise<void> {
    throw gone();
  }

  async nextDataEvent(): Promise<ConnectionEvent | undefined> {
    throw gone();
  }

  async tellPublishedPort(port: number): Promise<void> {
    this.#mustWork();
    this.publishedPort = port;
  }

  async isWell(): Promise<boolean> {
    return this.trouble === undefined;
  }

  #mustWork(): void {
    if (this.trouble) throw this.trouble;
  }

  #connection(id: MediaConnectionId): Connection {
    const connection = this.#connections.get(id);
    if (!connection) throw gone();
    return connection;
  }
}

const gone = () => new GatewayError("GONE", "unknown id");
