import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { CallId, DataConnectionId } from "../../ids.ts";
import type { GatewayCalls } from "../../recording/gateway/gateway.ts";
import { isGatewayError } from "../../recording/gateway/gatewayError.ts";
import type { ChatConnections } from "./chatConnections.ts";
import type { ChatFile } from "./chatFile.ts";
import { ChatInbox } from "./chatInbox.ts";
import { openDataSocket, type Way } from "./dataSocket.ts";
import { MessageReader } from "./messageReader.ts";

const RETRY_MS = 1_000;
/** Subtitles follow what is written with this delay; each time all of them are written. */
const SUBTITLES_AFTER_MS = 2_000;
/** More at once are an attack, or a mistake. */
const MAX_CONNECTIONS = 500;

export interface ChatRooms {
  calls: CallBook;
  clock: Clock;
  connections: ChatConnections;
  file: ChatFile;
  gateway: GatewayCalls;
  log: Logger;
  /** How the gateway of a data connection reaches us. */
  way(id: DataConnectionId): Promise<Way>;
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
      await using inbox = new ChatInbox(status, this.#rooms, (call) => this.#titleSoon(call));
      const reader = new MessageReader(status.serialization);
      await using socket = await openDataSocket(await way(id), (message) => {
        const said = reader.read(message);
        if (said) inbox.put({ at: this.#rooms.clock.now().toISOString(), peerId: status.remoteId, ...said });
      });
      await gateway.receiveData(id, socket.address);
      await connections.add(id).catch((error) => log.warn({ err: error }, "a restart will not know of the chat"));
      log.info({ dataConnectionId: id, peerId: status.remoteId }, "chat begins");
      await this.#untilClosed(id);
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
        if (signal.aborted || !isGatewayError(error) || !error.isTransient) return;
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

/** When the film begins, Unix milliseconds: as the first of its recordings. */
function startOf({ legs, film, startedAt }: Manifest): number {
  const shown = film ? legs.filter(({ id }) => film.legs.includes(id)) : legs;
  const starts = shown.flatMap((leg) => ("startedAt" in leg && leg.startedAt ? [Date.parse(leg.startedAt)] : []));
  return starts.length > 0 ? Math.min(...starts) : Date.parse(startedAt);
}
