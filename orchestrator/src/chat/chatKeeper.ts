import type { Logger } from "pino";
import type { CallBook } from "../calls/callBook.ts";
import { readMetadata } from "../calls/metadata.ts";
import { isOver } from "../calls/view.ts";
import type { Clock } from "../clock.ts";
import type { DataStatus, Gateway } from "../gateway/gateway.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { CallId, DataConnectionId } from "../ids.ts";
import type { Manifest } from "../library/manifest.ts";
import { CHAT_FILE, CHAT_SUBTITLES } from "../library/paths.ts";
import type { ChatConnections } from "./chatConnections.ts";
import type { ChatFile } from "./chatFile.ts";
import type { ChatLine } from "./chatLine.ts";
import { openDataSocket, type Way } from "./dataSocket.ts";
import { MessageReader } from "./messageReader.ts";
import { nameIn } from "./nameIn.ts";

const RETRY_MS = 1_000;
/** Subtitles follow what is written with this delay; each time all of them are written. */
const SUBTITLES_AFTER_MS = 2_000;
/** Messages of somebody who is in no call, yet. */
const MAX_WAITING = 1_000;
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024;
/** More at once are an attack, or a mistake. */
const MAX_CONNECTIONS = 500;

export interface ChatRooms {
  calls: CallBook;
  clock: Clock;
  connections: ChatConnections;
  file: ChatFile;
  gateway: Gateway;
  log: Logger;
  /** How the gateway reaches us. */
  way(): Promise<Way>;
}

/** Keeps what pages write to the recorder by data channels, with the call that they are in. */
export class ChatKeeper {
  readonly #rooms: ChatRooms;
  readonly #over = new AbortController();
  readonly #followed = new Set<DataConnectionId>();
  readonly #untitled = new Set<CallId>();
  /** Calls that go on, and in which something was written. */
  readonly #running = new Set<CallId>();

  constructor(rooms: ChatRooms) {
    this.#rooms = rooms;
  }

  /** Listens again to those whom an earlier life has listened to. */
  async start(): Promise<void> {
    this.#rooms.calls.on("change", (manifest) => this.#look(manifest));
    for (const id of await this.#rooms.connections.read()) void this.follow(id);
  }

  stop(): void {
    this.#over.abort();
  }

  /** Keeps what comes by a data connection until it is closed. Never throws. */
  async follow(id: DataConnectionId): Promise<void> {
    if (this.#followed.has(id)) return;
    if (this.#followed.size >= MAX_CONNECTIONS) {
      this.#rooms.log.warn({ dataConnectionId: id }, "too many chats at once");
      return;
    }
    this.#followed.add(id);
    const { connections, gateway, log, way } = this.#rooms;
    const { signal } = this.#over;
    try {
      const status = await gateway.dataStatus(id);
      const inbox = new Inbox(status, this.#rooms, (call) => this.#titleSoon(call));
      const reader = new MessageReader(status.serialization);
      await using socket = await openDataSocket(await way(), (message) => {
        const said = reader.read(message);
        if (said) inbox.put({ at: this.#rooms.clock.now().toISOString(), peerId: status.remoteId, ...said });
      });
      await gateway.receiveData(id, socket.address);
      await connections.add(id).catch((error) => log.warn({ err: error }, "a restart will not know of the chat"));
      log.info({ dataConnectionId: id, peerId: status.remoteId }, "chat begins");
      await this.#untilClosed(id);
      await inbox.empty();
    } catch (error) {
      if (!isGatewayError(error, "GONE") && !signal.aborted) {
        log.error({ dataConnectionId: id, err: error }, "a chat could not be followed");
      }
    }
    this.#followed.delete(id);
    if (!signal.aborted) await connections.remove(id).catch(() => undefined);
  }

  async #untilClosed(id: DataConnectionId): Promise<void> {
    const { clock, gateway } = this.#rooms;
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        const event = await gateway.nextDataEvent(id, signal);
        if (event?.event === "CLOSE") return;
      } catch (error) {
        if (signal.aborted || !isGatewayError(error) || !error.passes) return;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  #titleSoon(id: CallId): void {
    if (this.#untitled.has(id)) return;
    this.#untitled.add(id);
    void this.#rooms.clock.sleep(SUBTITLES_AFTER_MS, this.#over.signal).then(() => this.#title(id));
  }

  /** When the call is over, the starts of all of its legs are known. */
  #look({ id, chat, legs }: Manifest): void {
    if (!chat) return;
    if (!legs.every(({ state }) => isOver(state))) this.#running.add(id);
    else if (this.#running.delete(id)) this.#titleSoon(id);
  }

  async #title(id: CallId): Promise<void> {
    this.#untitled.delete(id);
    const { calls, file, log } = this.#rooms;
    try {
      const manifest = await calls.get(id);
      if (!manifest?.chat) return;
      await file.writeSubtitles(id, startOf(manifest));
      await calls.recordChat(id, manifest.chat); // whoever copies the call's folder learns that there is more in it
    } catch (error) {
      log.warn({ callId: id, err: error }, "the chat's subtitles could not be written");
    }
  }
}

/** What one page has said, on its way to its call's file. */
class Inbox {
  readonly #status: DataStatus;
  readonly #rooms: ChatRooms;
  readonly #onKept: (call: CallId) => void;
  readonly #waiting: ChatLine[] = [];
  #callId: CallId | undefined;
  #working: Promise<void> = Promise.resolve();
  #isFull = false;
  readonly #retry = () => this.#work();

  constructor(status: DataStatus, rooms: ChatRooms, onKept: (call: CallId) => void) {
    this.#status = status;
    this.#rooms = rooms;
    this.#onKept = onKept;
    // Who writes before they are in a call is in one later.
    rooms.calls.on("change", this.#retry);
  }

  put(line: ChatLine): void {
    const size = this.#waiting.reduce((sum, { text, base64 }) => sum + (text ?? base64 ?? "").length, 0);
    const isFull = this.#waiting.length >= MAX_WAITING || size >= MAX_WAITING_CHARACTERS;
    if (!isFull) this.#waiting.push(line);
    else if (!this.#isFull) this.#rooms.log.warn({ peerId: line.peerId }, "more is written than can be kept");
    this.#isFull = isFull;
    this.#work();
  }

  /** What is not in a call by now never will be. */
  async empty(): Promise<void> {
    this.#work();
    await this.#working;
    this.#rooms.calls.off("change", this.#retry);
    const { remoteId } = this.#status;
    if (this.#waiting.length > 0) this.#rooms.log.warn({ peerId: remoteId }, "who wrote was in no call");
  }

  #work(): void {
    if (this.#waiting.length > 0) this.#working = this.#working.then(() => this.#keepAll());
  }

  async #keepAll(): Promise<void> {
    const { calls, file, log } = this.#rooms;
    const manifest = await this.#call();
    if (!manifest) return;
    this.#callId = manifest.id;
    const name = nameIn(manifest, this.#status);
    let { chat } = manifest;
    for (let line = this.#waiting[0]; line; line = this.#waiting[0]) {
      try {
        const isKept = await file.append(manifest.id, { ...line, ...(name !== undefined && { name }) });
        if (!isKept) log.warn({ callId: manifest.id }, "the call's chat is as long as it may be");
        else if (!chat) {
          chat = { messages: CHAT_FILE, subtitles: CHAT_SUBTITLES };
          await calls.recordChat(manifest.id, chat);
        }
      } catch (error) {
        log.error({ callId: manifest.id, err: error }, "what was written could not be kept; it is tried again");
        return; // with the next message, or the next change of a call
      }
      this.#waiting.shift();
    }
    this.#onKept(manifest.id);
  }

  async #call(): Promise<Manifest | undefined> {
    const { calls } = this.#rooms;
    const known = this.#callId && (await calls.get(this.#callId));
    if (known) return known;
    const { key } = readMetadata(this.#status.metadata);
    const { remoteId } = this.#status;
    return calls
      .running()
      .find(
        (one) =>
          (key !== null && one.key === key) || one.legs.some((leg) => leg.peerId === remoteId && !isOver(leg.state)),
      );
  }
}

/** When the film begins, Unix milliseconds: as the first of its recordings. */
function startOf({ legs, film, startedAt }: Manifest): number {
  const shown = film ? legs.filter(({ id }) => film.legs.includes(id)) : legs;
  const starts = shown.flatMap((leg) => ("startedAt" in leg && leg.startedAt ? [Date.parse(leg.startedAt)] : []));
  return starts.length > 0 ? Math.min(...starts) : Date.parse(startedAt);
}
