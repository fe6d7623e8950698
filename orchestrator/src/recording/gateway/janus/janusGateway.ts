import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { MediaConnectionId, PeerId } from "../../../ids.ts";
import type { Codecs } from "../../recorders/codecs.ts";
import type { RedirectTargets } from "../../recorders/redirect.ts";
import type {
  CallerOffer,
  ConnectionEvent,
  ConnectionStatus,
  DataStatus,
  Gateway,
  PeerEvent,
  PeerHandle,
  SwitchReport,
  TracksReport,
} from "../gateway.ts";
import { GatewayError } from "../gatewayError.ts";
import type { Publication } from "./publication.ts";
import { roomOf } from "./publicationTag.ts";
import { RoomWatch } from "./roomWatch.ts";
import type { RoomKeys } from "./videoRoom.ts";

export interface JanusAddress extends Omit<RoomKeys, "room"> {
  /** WebSocket URL. */
  url: string;
}

/**
 * Records from Janus VideoRooms: a room corresponds to a recorder peer, a publication to an incoming call, and RTP
 * forwarding to answering it. The end of a leg does not affect the participants.
 */
export class JanusGateway implements Gateway {
  readonly #address: JanusAddress;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #watches = new Map<number, RoomWatch>();

  constructor(address: JanusAddress, clock: Clock, log: Logger) {
    this.#address = address;
    this.#clock = clock;
    this.#log = log;
  }

  async createPeer(peerId: PeerId): Promise<PeerHandle> {
    const { session } = await this.#watch(Number(peerId)).joined();
    return { peerId, token: `${session.id}` };
  }

  async peerStatus({ peerId, token }: PeerHandle): Promise<{ connected: boolean } | undefined> {
    const { room } = this.#watch(Number(peerId));
    return room && `${room.session.id}` === token ? { connected: true } : undefined;
  }

  async deletePeer({ peerId }: PeerHandle): Promise<void> {
    this.#watch(Number(peerId)).leave();
  }

  async nextPeerEvent({ peerId, token }: PeerHandle, until: AbortSignal): Promise<PeerEvent | undefined> {
    const watch = this.#watch(Number(peerId));
    const room = watch.room;
    if (!room || `${room.session.id}` !== token) throw notInRoom();
    return whileConnected(room.session.lost, until, (signal) => watch.arrivals.take(signal));
  }

  /** Not needed: host ports are the same as container ports. */
  async tellPublishedPort(): Promise<void> {}

  async status(id: MediaConnectionId): Promise<ConnectionStatus> {
    return (await this.#find(id)).publication.status;
  }

  async offered(id: MediaConnectionId): Promise<CallerOffer> {
    return { tracks: (await this.#find(id)).publication.tracks, canHold: false };
  }

  /** Janus reports neither clocks nor counters: only the end is known. */
  async tracks(id: MediaConnectionId): Promise<TracksReport | undefined> {
    const room = roomOf(id);
    const ended = room === undefined ? undefined : this.#watch(room).find(id)?.ended;
    return ended ? { ended, tracks: [] } : undefined;
  }

  async answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets | undefined): Promise<void> {
    if (!redirect) throw new GatewayError("REFUSED", "Janus cannot hold media");
    const { watch, publication } = await this.#find(id);
    const room = await watch.joined();
    const { publisher, tag, isSimulcast: simulcast } = publication;
    if (publication.ended) throw gone();
    if (publication.isForwarded) await room.stop(publisher.id, tag); // forwarding set up by an earlier process
    await room.forward({ publisherId: publisher.id, codecs, redirect, ssrc: tag, simulcast });
    publication.begun();
  }

  async call(): Promise<MediaConnectionId> {
    throw new GatewayError("REFUSED", "outgoing calls are not supported with Janus");
  }

  /**
   * Called when a recorder was lost. Janus cannot buffer media for the next one: the leg ends, and a new one begins.
   */
  async redirect(
    id: MediaConnectionId,
    _codecs: Codecs,
    redirect: RedirectTargets | undefined,
  ): Promise<TracksReport | undefined> {
    const { watch, publication } = await this.#find(id);
    if (redirect || publication.ended) return undefined;
    publication.isOrphan = true;
    await (await watch.joined()).stop(publication.publisher.id, publication.tag);
    return undefined;
  }

  async switchAtKeyframe(): Promise<SwitchReport | undefined> {
    return undefined;
  }

  async nextConnectionEvent(id: MediaConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined> {
    const { watch, publication } = await this.#find(id);
    const { session } = await watch.joined();
    return whileConnected(session.lost, until, (signal) => publication.events.take(signal));
  }

  /** Not needed: Janus requests a keyframe when forwarding starts, and then every few seconds. */
  async requestKeyframe(): Promise<void> {}

  async hangUp(id: MediaConnectionId): Promise<void> {
    const room = roomOf(id);
    if (room === undefined) return;
    const watch = this.#watch(room);
    await watch.joined();
    const publication = watch.find(id);
    if (publication && !publication.ended) await watch.release(publication);
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

  async isWell(): Promise<boolean> {
    try {
      for (const { room } of this.#watches.values()) {
        if (!room) return false;
        await room.session.ping();
      }
      return true;
    } catch {
      return false;
    }
  }

  #watch(room: number): RoomWatch {
    const known = this.#watches.get(room);
    if (known) return known;
    const { url, ...keys } = this.#address;
    const watch = new RoomWatch(url, { ...keys, room }, this.#clock, this.#log);
    this.#watches.set(room, watch);
    return watch;
  }

  async #find(id: MediaConnectionId): Promise<{ watch: RoomWatch; publication: Publication }> {
    const room = roomOf(id);
    if (room === undefined) throw gone();
    const watch = this.#watch(room);
    await watch.joined();
    const publication = watch.find(id);
    if (!publication) throw gone();
    return { watch, publication };
  }
}

/** @throws GatewayError UNREACHABLE if the session is lost while waiting. */
async function whileConnected<Result>(
  lost: AbortSignal,
  until: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await wait(AbortSignal.any([until, lost]));
  } catch (error) {
    if (until.aborted) return undefined;
    throw lost.aborted ? notInRoom() : error;
  }
}

const gone = () => new GatewayError("GONE", "the publication does not exist");
const notInRoom = () => new GatewayError("UNREACHABLE", "the recorder is not in the room");
