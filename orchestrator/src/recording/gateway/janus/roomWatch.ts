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

/** Whose recorder has given Janus up by then is recorded anew; a moment less than what legs wait. */
const GIVEN_UP_AFTER_MS = 4_000;
/** What has ended is known for so long, as at our own gateway. */
const REMEMBERED_MS = 10 * 60_000;
/** Recorders that are lost one after another have a reason that the next one will not cure. */
const MAX_ORPHANED = 5;

/** Knows who publishes in a room, from when it is asked for the first time. */
export class RoomWatch {
  readonly arrivals = new EventQueue<PeerEvent>();
  readonly #url: string;
  readonly #keys: RoomKeys;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By publisher: what has not ended, and what is not to be recorded any more though it has not. */
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

  /** The room, as long as we are in it. */
  get room(): VideoRoom | undefined {
    return this.#room;
  }

  /**
   * The room, entered if need be.
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

  /** Of a publication that has not been forgotten. */
  find(id: MediaConnectionId): Publication | undefined {
    return this.#byId.get(id);
  }

  /** Somebody stopped the recording: the publisher stays in the room, and is not recorded from now on. */
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

  /** What we know, and what is true now that we have come (back). */
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
      // Who still rang does so anew: nobody can tell whether that call was taken, and failed.
      const continued = before && (before.ended || tags.includes(before.tag)) ? before : undefined;
      if (continued && (awayMs < GIVEN_UP_AFTER_MS || continued.ended)) {
        known.delete(publisher.id);
        this.#keep(continued);
      } else if (continued) {
        void this.#stop(continued, room).catch((error) => this.#log.warn({ err: error }, "still forwarded"));
        this.#begin(publisher);
      } else this.#begin(publisher, tags[0]);
    }
    // Nobody saw their end: to those who ask they are not known.
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
    // Its recorder knows nothing of a camera that was switched on later.
    void this.#stop(known, room).catch((error) => this.#log.warn({ err: error }, "still forwarded"));
    known.end("renegotiated", this.#clock.now());
    this.#begin(publisher);
  }

  /** @param tag of one that an earlier life of this process has begun to record. */
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

  /** Whose recorder was lost goes on in another leg of the same call. */
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
