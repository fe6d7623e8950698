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
import { type NetworkPath, openDataSocket } from "./dataSocket.ts";
import { MessageReader } from "./messageReader.ts";

const RETRY_MS = 1_000;
/** Delay between a message and the rewriting of the subtitles. */
const SUBTITLES_AFTER_MS = 2_000;
/** More concurrent connections are an attack or an error. */
const MAX_CONNECTIONS = 500;

export interface ChatRooms {
  calls: CallBook;
  clock: Clock;
  connections: ChatConnections;
  file: ChatFile;
  gateway: GatewayCalls;
  log: Logger;
  /** The network path between the gateway of a data connection and this process. */
  networkPath(id: DataConnectionId): Promise<NetworkPath>;
}

/** Stores the messages that pages send to the recorder over data channels in the folder of their call. */
export class ChatKeeper {
  readonly #rooms: ChatRooms;
  readonly #over = new AbortController();
  readonly #followed = new Set<DataConnectionId>();
  readonly #pendingSubtitles = new Set<CallId>();
  /** Running calls with a chat. */
  readonly #running = new Set<CallId>();

  constructor(rooms: ChatRooms) {
    this.#rooms = rooms;
  }

  /** Follows the connections of the previous process again. */
  async start(): Promise<void> {
    this.#rooms.calls.on("change", (manifest) => this.#look(manifest));
    for (const id of await this.#rooms.connections.read()) void this.follow(id);
  }

  stop(): void {
    this.#over.abort();
  }

  /** Stores the messages of a data connection until it is closed. Never throws. */
  async follow(id: DataConnectionId): Promise<void> {
    if (this.#followed.has(id)) return;
    if (this.#followed.size >= MAX_CONNECTIONS) {
      this.#rooms.log.warn({ dataConnectionId: id }, "too many data connections; this one is ignored");
      return;
    }
    this.#followed.add(id);
    const { connections, gateway, log, networkPath } = this.#rooms;
    const { signal } = this.#over;
    try {
      const status = await gateway.dataStatus(id);
      await using inbox = new ChatInbox(status, this.#rooms, (call) => this.#writeSubtitlesSoon(call));
      const reader = new MessageReader(status.serialization);
      await using socket = await openDataSocket(await networkPath(id), (message) => {
        const content = reader.read(message);
        if (content) inbox.put({ at: this.#rooms.clock.now().toISOString(), peerId: status.remoteId, ...content });
      });
      await gateway.receiveData(id, socket.address);
      await connections
        .add(id)
        .catch((error) => log.warn({ err: error }, "data connection not stored; a restart will lose it"));
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

  #writeSubtitlesSoon(id: CallId): void {
    if (this.#pendingSubtitles.has(id)) return;
    this.#pendingSubtitles.add(id);
    void this.#rooms.clock.sleep(SUBTITLES_AFTER_MS, this.#over.signal).then(() => this.#writeSubtitles(id));
  }

  /** Rewrites the subtitles when the call has ended, because the start times of all legs are known then. */
  #look({ id, chat, legs }: Manifest): void {
    if (!chat) return;
    if (!legs.every(({ state }) => isOver(state))) this.#running.add(id);
    else if (this.#running.delete(id)) this.#writeSubtitlesSoon(id);
  }

  async #writeSubtitles(id: CallId): Promise<void> {
    this.#pendingSubtitles.delete(id);
    const { calls, file, log } = this.#rooms;
    try {
      const manifest = await calls.get(id);
      if (!manifest?.chat) return;
      await file.writeSubtitles(id, startOf(manifest));
      await calls.recordChat(id, manifest.chat); // notifies the upload of the changed folder
    } catch (error) {
      log.warn({ callId: id, err: error }, "the chat's subtitles could not be written");
    }
  }
}

/** Start of the film, which is the start of its first recording, Unix milliseconds. */
function startOf({ legs, film, startedAt }: Manifest): number {
  const shown = film ? legs.filter(({ id }) => film.legs.includes(id)) : legs;
  const starts = shown.flatMap((leg) => ("startedAt" in leg && leg.startedAt ? [Date.parse(leg.startedAt)] : []));
  return starts.length > 0 ? Math.min(...starts) : Date.parse(startedAt);
}
