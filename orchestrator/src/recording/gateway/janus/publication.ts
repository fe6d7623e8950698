import type { MediaConnectionId } from "../../../ids.ts";
import type { OfferedTrack } from "../../recorders/codecs.ts";
import { EventQueue } from "../eventQueue.ts";
import type { ConnectionEvent, ConnectionStatus, TracksReport } from "../gateway.ts";
import type { Publisher } from "./messages.ts";
import { callKey, connectionIdOf, type PublicationTag } from "./publicationTag.ts";
import { isSimulcast, publishedTracks } from "./publishedTracks.ts";

/** What somebody publishes in a room, from its beginning to its end: what is a call's leg for a recorder. */
export class Publication {
  readonly id: MediaConnectionId;
  readonly room: number;
  readonly tag: PublicationTag;
  readonly events = new EventQueue<ConnectionEvent>();
  publisher: Publisher;
  /** As which recorders were told of it. */
  readonly tracks: readonly OfferedTrack[];
  /** Whether Janus forwards it. */
  isForwarded = false;
  /** Its recorder was lost: whoever hangs up does not mean it. */
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

  /** Janus forwards it: there is no other news of its media. */
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
