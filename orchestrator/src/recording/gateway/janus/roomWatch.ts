import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { MediaConnectionId } from "../../../ids.ts";
import { EventQueue } from "../eventQueue.ts";
import type { PeerEvent } from "../gateway.ts";
import { GatewayError, isGatewayError } from "../gatewayError.ts";
import { JanusSession } from "./janusSession.ts";
import type { Publisher, RoomEvent } from "./messages.ts";
import { Publication } from "./publication.ts";
import { newOccupancy, newTag, occupancyOf } from "./publicationTag.ts";
import { canContinue, publishedTracks } from "./publishedTracks.ts";
import { type Forwarder, type RoomKeys, VideoRoom } from "./videoRoom.ts";

/** After a longer connection loss, legs have ended and begin again; slightly less than GATEWAY_LOST_AFTER_MS. */
const GIVEN_UP_AFTER_MS = 4_000;
/** How long ended publications are remembered; the same as in this project's own gateway. */
const REMEMBERED_MS = 10 * 60_000;
/** After more lost recorders than this, another one would probably be lost too. */
const MAX_ORPHANED = 5;

/** Tracks the publications in a room; joins it on first use. */
export class RoomWatch {
  readonly arrivals = new EventQueue<PeerEvent>();
  readonly #url: string;
  readonly #keys: RoomKeys;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By publisher: current publications, including those whose recording was stopped. */
  readonly #publications = new Map<number, Publication>();
  readonly #byId = new Map<MediaConnectionId, Publication>();
  readonly #orphaned = new Map<number, number>();
  #room: VideoRoom | undefined;
  #joining: Promise<VideoRoom> | undefined;
  #lostAt: Date | undefined;
  #occupancy = newOccupancy();

  constructor(url: string, keys: RoomKeys, clock: Clock, log: Logger) {
    this.#url = url;
    this.#keys = keys;
    this.#clock = clock;
    this.#log = log.child({ room: keys.room });
  }

  /** The room; undefined while not joined. */
  get room(): VideoRoom | undefined {
    return this.#room;
  }

  /**
   * The room; joins it if necessary.
   *
   * @throws GatewayError UNREACHABLE, REFUSED.
   */
  joined(): Promise<VideoRoom> {
    if (this.#room) return Promise.resolve(this.#room);
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  /** undefined if the publication is unknown or no longer remembered. */
  find(id: MediaConnectionId): Publication | undefined {
    return this.#byId.get(id);
  }

  /** Stops recording a publication; the publisher stays in the room. */
  async release(publication: Publication): Promise<void> {
    const room = await this.joined();
    await this.#stop(publication, room);
    publication.end("hung_up", this.#clock.now());
    if (publication.isOrphan) this.#restart(publication);
  }

  leave(): void {
    this.#room?.session.close();
  }

  async #join(): Promise<VideoRoom> {
    const session = await JanusSession.open(this.#url);
    try {
      const early: RoomEvent[] = [];
      let take = (event: RoomEvent): void => void early.push(event);
      const room = await VideoRoom.join(session, this.#keys, (event) => take(event));
      const forwarded = await room.forwarders();
      session.lost.throwIfAborted();
      this.#room = room;
      session.lost.addEventListener("abort", () => this.#left(room), { once: true });
      this.#compare(room, forwarded);
      take = (event) => this.#take(event, room);
      for (const event of early) take(event);
      return room;
    } catch (error) {
      session.close();
      throw isGatewayError(error) ? error : new GatewayError("UNREACHABLE", "Janus does not answer", { cause: error });
    }
  }

  #left(room: VideoRoom): void {
    if (this.#room !== room) return;
    this.#room = undefined;
    this.#lostAt = this.#clock.now();
  }

  /** After (re)joining: compares the known publications with those in the room. */
  #compare(room: VideoRoom, forwarded: ReadonlyMap<number, readonly Forwarder[]>): void {
    const awayMs = this.#lostAt ? this.#clock.now().getTime() - this.#lostAt.getTime() : 0;
    const known = new Map(this.#publications);
    this.#publications.clear();
    const tagsOf = ({ id }: Publisher) => (forwarded.get(id) ?? []).flatMap(({ ssrc }) => ssrc ?? []);
    const [anyTag] = room.publishers.flatMap(tagsOf);
    this.#occupancy = anyTag === undefined ? newOccupancy() : occupancyOf(anyTag);
    for (const publisher of room.publishers) {
      const before = known.get(publisher.id);
      const tags = tagsOf(publisher);
      // A publication that was not yet forwarded rings again: it is unknown whether its call was handled.
      const continued = before && (before.ended || tags.includes(before.tag)) ? before : undefined;
      if (continued && (awayMs < GIVEN_UP_AFTER_MS || continued.ended)) {
        known.delete(publisher.id);
        this.#keep(continued);
      } else if (continued) {
        void this.#stop(continued, room).catch((error) =>
          this.#log.warn({ err: error }, "forwarding could not be stopped"),
        );
        this.#begin(publisher);
      } else this.#begin(publisher, tags[0]);
    }
    // These ended while disconnected, with an unknown reason: treat them as unknown.
    for (const { id } of known.values()) {
      const publication = this.#byId.get(id);
      if (publication && !publication.ended) this.#byId.delete(id);
    }
  }

  #take(event: RoomEvent, room: VideoRoom): void {
    for (const publisher of event.publishers) this.#published(publisher, room);
    if (event.unpublished !== undefined) this.#ended(event.unpublished, "unpublished");
    if (event.leaving !== undefined) this.#ended(event.leaving, "left");
    if (event.kicked !== undefined) this.#ended(event.kicked, "kicked");
    if (event.videoroom === "destroyed") {
      for (const publisherId of [...this.#publications.keys()]) this.#ended(publisherId, "room_destroyed");
      room.session.close();
    }
  }

  #published(publisher: Publisher, room: VideoRoom): void {
    const known = this.#publications.get(publisher.id);
    if (!known) {
      if (this.#publications.size === 0) this.#occupancy = newOccupancy();
      this.#begin(publisher);
      return;
    }
    known.publisher = publisher;
    if (known.ended || canContinue(known.tracks, publishedTracks(publisher))) return;
    // The recorder was not started for a track that was added later, such as a camera.
    void this.#stop(known, room).catch((error) => this.#log.warn({ err: error }, "forwarding could not be stopped"));
    known.end("renegotiated", this.#clock.now());
    this.#begin(publisher);
  }

  /** @param tag of a publication that an earlier process has started to record. */
  #begin(publisher: Publisher, tag?: number): void {
    const publication = new Publication(this.#keys.room, publisher, tag ?? newTag(this.#occupancy));
    this.#keep(publication);
    if (tag !== undefined) publication.begun();
    this.arrivals.put({ event: "CALL", mediaConnectionId: publication.id });
  }

  #keep(publication: Publication): void {
    this.#forgetOld();
    this.#publications.set(publication.publisher.id, publication);
    this.#byId.set(publication.id, publication);
  }

  #ended(publisherId: number, reason: string): void {
    this.#publications.get(publisherId)?.end(reason, this.#clock.now());
    this.#publications.delete(publisherId);
    this.#orphaned.delete(publisherId);
  }

  /** After the loss of a recorder, continues with a new leg in the same call. */
  #restart({ publisher }: Publication): void {
    const times = (this.#orphaned.get(publisher.id) ?? 0) + 1;
    this.#orphaned.set(publisher.id, times);
    if (times <= MAX_ORPHANED && this.#publications.has(publisher.id)) this.#begin(publisher);
  }

  async #stop({ publisher, tag }: Publication, room: VideoRoom): Promise<void> {
    try {
      await room.stop(publisher.id, tag);
    } catch (error) {
      if (!isGatewayError(error, "GONE")) throw error;
    }
  }

  #forgetOld(): void {
    const limitMs = this.#clock.now().getTime() - REMEMBERED_MS;
    for (const [id, { ended, publisher }] of this.#byId) {
      const isOver = ended !== null && ended.unixMs < limitMs;
      if (isOver && this.#publications.get(publisher.id)?.id !== id) this.#byId.delete(id);
    }
  }
}
