import { GatewayError } from "../errors.ts";
import { hasIdForm } from "../ids.ts";
import type { Kind } from "../webrtc/mediaSession.ts";
import type { ContentPorts } from "./contentPorts.ts";

/** The ports whose datagrams a connection sends, by kind. */
export type FeedIds = Partial<Record<Kind, { mediaId: string; rtcpId: string | undefined }>>;

/** Receives the datagrams from the ports. */
export interface MediaSink {
  send(kind: Kind, datagram: Buffer): void;
  sendRtcp(kind: Kind, datagram: Buffer): void;
}

const PREFIXES: Record<Kind, string> = { video: "vi", audio: "au" };

/** Feeds one connection with the datagrams from the ports that it names. */
export class MediaFeed {
  readonly #ports: ContentPorts;
  readonly #ids: FeedIds;

  /** @throws GatewayError UNKNOWN_ID, also for closed ports. */
  constructor(ports: ContentPorts, ids: FeedIds) {
    this.#ports = ports;
    this.#ids = ids;
    for (const { id, prefix, field } of this.#named()) {
      if (!hasIdForm(prefix, id) || !ports.find(id)) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    }
  }

  /** @throws GatewayError UNKNOWN_ID; then no port is attached. */
  attach(user: string, sink: MediaSink): void {
    for (const { id, field } of this.#named())
      if (!this.#ports.find(id)) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    for (const { id, kind, field, isRtcp } of this.#named()) {
      const handle = (datagram: Buffer) => (isRtcp ? sink.sendRtcp(kind, datagram) : sink.send(kind, datagram));
      this.#ports.attach(id, user, field, handle);
    }
  }

  /** The connection has ended: closes the ports unless another connection uses them. */
  detach(user: string): void {
    this.#ports.detach(user);
  }

  /** The connection was not established: its ports stay open. */
  withdraw(user: string): void {
    this.#ports.withdraw(user);
  }

  #named() {
    return (["video", "audio"] as const).flatMap((kind) => {
      const ids = this.#ids[kind];
      if (!ids) return [];
      const field = `${kind}_params`;
      const media = { id: ids.mediaId, prefix: PREFIXES[kind], kind, field, isRtcp: false };
      return ids.rtcpId ? [media, { ...media, id: ids.rtcpId, prefix: "rc", isRtcp: true }] : [media];
    });
  }
}
