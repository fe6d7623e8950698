import type { MediaConnectionId } from "../../../ids.ts";
import type { OfferedTrack } from "../../recorders/codecs.ts";
import { EventQueue } from "../eventQueue.ts";
import type { ConnectionEvent, ConnectionStatus, TracksReport } from "../gateway.ts";
import type { Publisher } from "./messages.ts";
import { callKey, connectionIdOf, type PublicationTag } from "./publicationTag.ts";
import { isSimulcast, publishedTracks } from "./publishedTracks.ts";

/** A participant's media in a room, from publish to unpublish; it is recorded as a leg. */
export class Publication {
  readonly id: MediaConnectionId;
  readonly room: number;
  readonly tag: PublicationTag;
  readonly events = new EventQueue<ConnectionEvent>();
  publisher: Publisher;
  /** The tracks that its recorder was started for. */
  readonly tracks: readonly OfferedTrack[];
  /** Whether Janus forwards it. */
  isForwarded = false;
  /** Its recorder was lost: when the leg hangs up, a new leg begins. */
  isOrphan = false;
  ended: TracksReport["ended"] = null;

  constructor(room: number, publisher: Publisher, tag: PublicationTag) {
    this.id = connectionIdOf(room, publisher.id, tag);
    this.room = room;
    this.tag = tag;
    this.publisher = publisher;
    this.tracks = publishedTracks(publisher);
  }

  get status(): ConnectionStatus {
    const { id, display } = this.publisher;
    const name = display === undefined ? {} : { name: display };
    return { remoteId: `${id}`, metadata: { call: callKey(this.room, this.tag), ...name, room: this.room } };
  }

  get isSimulcast(): boolean {
    return isSimulcast(this.publisher);
  }

  /** Forwarding has started; Janus sends no other event about its media. */
  begun(): void {
    this.isForwarded = true;
    this.events.put({ event: "STREAM" });
  }

  end(reason: string, at: Date): void {
    if (this.ended) return;
    this.isForwarded = false;
    this.ended = { reason, unixMs: at.getTime() };
    this.events.put({ event: "CLOSE" });
  }
}
