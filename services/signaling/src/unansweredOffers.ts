import type { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { PeerMessage } from "./messages.ts";
import { rejectingAnswer } from "./rejectingAnswer.ts";

/** A connection that a client has offered. */
interface OfferedConnection {
  remote: PeerId;
  connectionId: string;
  connectionType: "media" | "data" | undefined;
  /** undefined after the answer, or if the offer has no m-lines. */
  rejection: string | undefined;
  isAnswered: boolean;
}

/** An answer that refuses an offer. */
export interface Rejection {
  connectionId: string;
  connectionType: "media" | "data" | undefined;
  sdp: string;
}

/**
 * The connections that one client has offered, and whether they were answered. Answered ones are kept too: a further
 * offer for them is a renegotiation and is not refused. The oldest connection is dropped first.
 */
export class UnansweredOffers {
  readonly #all = new Map<string, OfferedConnection>();

  /** To be called for every message of the client. */
  sent({ event, body }: PeerMessage): void {
    if (event === "OFFER") this.note(body.dst, body, body.offer.sdp);
    else if (event === "FORCE_CLOSE") this.#all.delete(keyOf(body.dst, body.connectionId));
  }

  /** Notes an offer, unless its connection is known. */
  note(
    remote: PeerId,
    { connectionId, connectionType }: { connectionId: string; connectionType?: "media" | "data" | undefined },
    sdp: string,
  ): void {
    const key = keyOf(remote, connectionId);
    if (this.#all.has(key)) return;
    const rejection = rejectingAnswer(sdp);
    this.#all.set(key, { remote, connectionId, connectionType, rejection, isAnswered: false });
    if (this.#all.size <= LIMITS.offersPerPeer) return;
    for (const oldest of this.#all.keys()) {
      this.#all.delete(oldest);
      break;
    }
  }

  answered(remote: PeerId, connectionId: string): void {
    const offered = this.#all.get(keyOf(remote, connectionId));
    if (offered) this.#all.set(keyOf(remote, connectionId), { ...offered, isAnswered: true, rejection: undefined });
  }

  isAnswered(remote: PeerId, connectionId: string): boolean {
    return this.#all.get(keyOf(remote, connectionId))?.isAnswered ?? false;
  }

  /**
   * Ends a connection.
   *
   * @returns how to refuse its offer; undefined if it was answered or is unknown.
   */
  end(remote: PeerId, connectionId: string): Rejection | undefined {
    const offered = this.#all.get(keyOf(remote, connectionId));
    this.#all.delete(keyOf(remote, connectionId));
    return offered && rejectionOf(offered);
  }

  /** Ends all connections with a peer that has left. Returns how to refuse the offers that it has not answered. */
  endAll(remote: PeerId): Rejection[] {
    const ended = [...this.#all.values()].filter((one) => one.remote === remote);
    for (const { connectionId } of ended) this.#all.delete(keyOf(remote, connectionId));
    return ended.flatMap((one) => rejectionOf(one) ?? []);
  }
}

function rejectionOf({ connectionId, connectionType, rejection }: OfferedConnection): Rejection | undefined {
  return rejection === undefined ? undefined : { connectionId, connectionType, sdp: rejection };
}

/** Unique, because peer ids contain no line breaks. */
const keyOf = (remote: PeerId, connectionId: string) => `${remote}\n${connectionId}`;
