import type { Cancel, Clock } from "@skyway-call-recorder/process/clock.ts";
import type { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";
import { WAITING_LIMIT_MS } from "./times.ts";

/** The pending messages of one connection, in order. */
export interface PendingConnection {
  readonly src: PeerId;
  readonly dst: PeerId;
  readonly connectionId: string;
  readonly messages: readonly ServerMessage[];
  readonly hasOffer: boolean;
}

type Matches = (pending: PendingConnection) => boolean;
const all: Matches = () => true;

interface Entry extends PendingConnection {
  messages: ServerMessage[];
  hasOffer: boolean;
  bytes: number;
  cancelTimer: Cancel;
}

/** Keeps messages for peers that are temporarily disconnected, with limits on time and size. */
export class PendingMessages {
  readonly #byReceiver = new Map<PeerId, Map<string, Entry>>();
  readonly #bySender = new Map<PeerId, Set<Entry>>();
  #bytes = 0;
  readonly #clock: Clock;
  readonly #onExpired: (pending: PendingConnection) => void;

  constructor(clock: Clock, onExpired: (pending: PendingConnection) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** @returns false if a limit is reached. */
  add(src: PeerId, dst: PeerId, connectionId: string, message: ServerMessage): boolean {
    const bytes = JSON.stringify(message).length;
    if (!this.#hasRoom(src, bytes)) return false;
    const entry = this.#find(src, dst, connectionId) ?? this.#open(src, dst, connectionId);
    entry.messages.push(message);
    entry.bytes += bytes;
    this.#bytes += bytes;
    entry.hasOffer ||= message.event === "OFFER";
    return true;
  }

  find(src: PeerId, dst: PeerId, connectionId: string): PendingConnection | undefined {
    return this.#find(src, dst, connectionId);
  }

  /** Removes and returns the messages for a peer, oldest connection first. */
  takeFor(dst: PeerId, matches: Matches = all): PendingConnection[] {
    return this.#take(this.#byReceiver.get(dst)?.values(), matches);
  }

  /** Removes and returns the messages from a peer. */
  takeFrom(src: PeerId, matches: Matches = all): PendingConnection[] {
    return this.#take(this.#bySender.get(src)?.values(), matches);
  }

  /** Drops messages of existing calls with a peer that has left. The next holder of its id needs only new offers. */
  dropContinuations(dst: PeerId, matches: Matches = all): void {
    this.#take(this.#byReceiver.get(dst)?.values(), (entry) => !entry.hasOffer && matches(entry));
  }

  /** Removes and returns the messages of one connection. */
  take(src: PeerId, dst: PeerId, connectionId: string): PendingConnection | undefined {
    const entry = this.#find(src, dst, connectionId);
    if (entry) this.#remove(entry);
    return entry;
  }

  /** Total size of all messages. */
  get bytes(): number {
    return this.#bytes;
  }

  #open(src: PeerId, dst: PeerId, connectionId: string): Entry {
    const expire = () => {
      this.#remove(entry);
      this.#onExpired(entry);
    };
    const cancelTimer = this.#clock.after(WAITING_LIMIT_MS, expire);
    const entry: Entry = { src, dst, connectionId, messages: [], hasOffer: false, bytes: 0, cancelTimer };
    getOrCreate(this.#byReceiver, dst, () => new Map()).set(keyOf(entry), entry);
    getOrCreate(this.#bySender, src, () => new Set()).add(entry);
    return entry;
  }

  #find(src: PeerId, dst: PeerId, connectionId: string): Entry | undefined {
    return this.#byReceiver.get(dst)?.get(keyOf({ src, connectionId }));
  }

  #take(entries: Iterable<Entry> | undefined, matches: Matches): PendingConnection[] {
    const taken = [...(entries ?? [])].filter(matches);
    for (const entry of taken) this.#remove(entry);
    return taken;
  }

  #remove(entry: Entry): void {
    entry.cancelTimer();
    this.#bytes -= entry.bytes;
    const forReceiver = this.#byReceiver.get(entry.dst);
    forReceiver?.delete(keyOf(entry));
    if (forReceiver?.size === 0) this.#byReceiver.delete(entry.dst);
    const ofSender = this.#bySender.get(entry.src);
    ofSender?.delete(entry);
    if (ofSender?.size === 0) this.#bySender.delete(entry.src);
  }

  #hasRoom(src: PeerId, bytes: number): boolean {
    let ofSender = bytes;
    let messages = 0;
    for (const entry of this.#bySender.get(src) ?? []) {
      ofSender += entry.bytes;
      messages += entry.messages.length;
    }
    return (
      this.#bytes + bytes <= LIMITS.waitingBytesPerKey &&
      ofSender <= LIMITS.waitingBytesPerSender &&
      messages < LIMITS.waitingMessagesPerSender
    );
  }
}

/** Unique, because peer ids contain no line breaks. */
function keyOf({ src, connectionId }: { src: PeerId; connectionId: string }): string {
  return `${src}\n${connectionId}`;
}

function getOrCreate<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const present = map.get(key);
  if (present) return present;
  const made = make();
  map.set(key, made);
  return made;
}
