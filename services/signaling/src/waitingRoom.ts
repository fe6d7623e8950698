import type { Cancel, Clock } from "@skyway-call-recorder/process/clock.ts";
import type { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";
import { WAITING_LIMIT_MS } from "./times.ts";

/** What waits of one connection, in the order in which it was sent. */
export interface Waiting {
  readonly src: PeerId;
  readonly dst: PeerId;
  readonly connectionId: string;
  readonly messages: readonly ServerMessage[];
  readonly hasOffer: boolean;
}

type Which = (waiting: Waiting) => boolean;
const all: Which = () => true;

interface Visit extends Waiting {
  messages: ServerMessage[];
  hasOffer: boolean;
  bytes: number;
  cancelTimer: Cancel;
}

/** Messages for peers that are away for a moment, for a limited time and within a limited space. */
export class WaitingRoom {
  readonly #byReceiver = new Map<PeerId, Map<string, Visit>>();
  readonly #bySender = new Map<PeerId, Set<Visit>>();
  #bytes = 0;
  readonly #clock: Clock;
  readonly #onExpired: (waiting: Waiting) => void;

  constructor(clock: Clock, onExpired: (waiting: Waiting) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** @returns false if there is no room. */
  keep(src: PeerId, dst: PeerId, connectionId: string, message: ServerMessage): boolean {
    const bytes = JSON.stringify(message).length;
    if (!this.#hasRoom(src, bytes)) return false;
    const visit = this.#find(src, dst, connectionId) ?? this.#open(src, dst, connectionId);
    visit.messages.push(message);
    visit.bytes += bytes;
    this.#bytes += bytes;
    visit.hasOffer ||= message.event === "OFFER";
    return true;
  }

  find(src: PeerId, dst: PeerId, connectionId: string): Waiting | undefined {
    return this.#find(src, dst, connectionId);
  }

  /** What waits for a peer, oldest first; it does not wait any more. */
  takeFor(dst: PeerId, which: Which = all): Waiting[] {
    return this.#take(this.#byReceiver.get(dst)?.values(), which);
  }

  /** What a peer has left for others; it does not wait any more. */
  takeFrom(src: PeerId, which: Which = all): Waiting[] {
    return this.#take(this.#bySender.get(src)?.values(), which);
  }

  /** What continues a call of a peer that has left is of no use to whoever has its id next; a new offer is. */
  dropContinuations(dst: PeerId, which: Which = all): void {
    this.#take(this.#byReceiver.get(dst)?.values(), (visit) => !visit.hasOffer && which(visit));
  }

  /** One connection's messages do not wait any more. */
  take(src: PeerId, dst: PeerId, connectionId: string): Waiting | undefined {
    const visit = this.#find(src, dst, connectionId);
    if (visit) this.#remove(visit);
    return visit;
  }

  /** Of all senders together. */
  get bytes(): number {
    return this.#bytes;
  }

  #open(src: PeerId, dst: PeerId, connectionId: string): Visit {
    const expire = () => {
      this.#remove(visit);
      this.#onExpired(visit);
    };
    const cancelTimer = this.#clock.after(WAITING_LIMIT_MS, expire);
    const visit: Visit = { src, dst, connectionId, messages: [], hasOffer: false, bytes: 0, cancelTimer };
    entry(this.#byReceiver, dst, () => new Map()).set(keyOf(visit), visit);
    entry(this.#bySender, src, () => new Set()).add(visit);
    return visit;
  }

  #find(src: PeerId, dst: PeerId, connectionId: string): Visit | undefined {
    return this.#byReceiver.get(dst)?.get(keyOf({ src, connectionId }));
  }

  #take(visits: Iterable<Visit> | undefined, which: Which): Waiting[] {
    const taken = [...(visits ?? [])].filter(which);
    for (const visit of taken) this.#remove(visit);
    return taken;
  }

  #remove(visit: Visit): void {
    visit.cancelTimer();
    this.#bytes -= visit.bytes;
    const forReceiver = this.#byReceiver.get(visit.dst);
    forReceiver?.delete(keyOf(visit));
    if (forReceiver?.size === 0) this.#byReceiver.delete(visit.dst);
    const ofSender = this.#bySender.get(visit.src);
    ofSender?.delete(visit);
    if (ofSender?.size === 0) this.#bySender.delete(visit.src);
  }

  #hasRoom(src: PeerId, bytes: number): boolean {
    let ofSender = bytes;
    let messages = 0;
    for (const visit of this.#bySender.get(src) ?? []) {
      ofSender += visit.bytes;
      messages += visit.messages.length;
    }
    return (
      this.#bytes + bytes <= LIMITS.waitingBytesPerKey &&
      ofSender <= LIMITS.waitingBytesPerSender &&
      messages < LIMITS.waitingMessagesPerSender
    );
  }
}

/** Peer ids hold no line breaks, so two different pairs never have the same key. */
function keyOf({ src, connectionId }: { src: PeerId; connectionId: string }): string {
  return `${src}\n${connectionId}`;
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const present = map.get(key);
  if (present) return present;
  const made = make();
  map.set(key, made);
  return made;
}
