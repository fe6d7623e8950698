import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { readMetadata } from "../../archive/calls/metadata.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import { CHAT_FILE, CHAT_SUBTITLES } from "../../archive/library/paths.ts";
import type { CallId } from "../../ids.ts";
import type { DataStatus } from "../../recording/gateway/gateway.ts";
import type { ChatFile } from "./chatFile.ts";
import type { ChatLine } from "./chatLine.ts";
import { participantName } from "./participantName.ts";

/** Limits for messages of a peer that is not in a call yet. */
const MAX_WAITING = 1_000;
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024;

interface InboxRooms {
  calls: CallBook;
  file: ChatFile;
  log: Logger;
}

/** Queues the messages of one data connection until they are written to their call's file. */
export class ChatInbox implements AsyncDisposable {
  readonly #status: DataStatus;
  readonly #rooms: InboxRooms;
  readonly #onKept: (call: CallId) => void;
  readonly #waiting: ChatLine[] = [];
  #callId: CallId | undefined;
  #working: Promise<void> = Promise.resolve();
  #isFull = false;
  readonly #retry = () => this.#work();

  constructor(status: DataStatus, rooms: InboxRooms, onKept: (call: CallId) => void) {
    this.#status = status;
    this.#rooms = rooms;
    this.#onKept = onKept;
    // A peer may send messages before it joins a call.
    rooms.calls.on("change", this.#retry);
  }

  put(line: ChatLine): void {
    const size = this.#waiting.reduce((sum, { text, base64 }) => sum + (text ?? base64 ?? "").length, 0);
    const isFull = this.#waiting.length >= MAX_WAITING || size >= MAX_WAITING_CHARACTERS;
    if (!isFull) this.#waiting.push(line);
    else if (!this.#isFull)
      this.#rooms.log.warn({ peerId: line.peerId }, "chat messages dropped: too many of them wait for a call");
    this.#isFull = isFull;
    this.#work();
  }

  /** Messages that still belong to no call are dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#work();
    await this.#working;
    this.#rooms.calls.off("change", this.#retry);
    const { remoteId } = this.#status;
    if (this.#waiting.length > 0)
      this.#rooms.log.warn({ peerId: remoteId }, "chat messages dropped: the peer was in no call");
  }

  #work(): void {
    if (this.#waiting.length > 0) this.#working = this.#working.then(() => this.#keepAll());
  }

  async #keepAll(): Promise<void> {
    const { calls, file, log } = this.#rooms;
    const manifest = await this.#call();
    if (!manifest) return;
    this.#callId = manifest.id;
    const name = participantName(manifest, this.#status);
    let { chat } = manifest;
    for (let line = this.#waiting[0]; line; line = this.#waiting[0]) {
      try {
        const isKept = await file.append(manifest.id, { ...line, ...(name !== undefined && { name }) });
        if (!isKept)
          log.warn({ callId: manifest.id }, "chat message dropped: the call's chat has reached its size limit");
        else if (!chat) {
          chat = { messages: CHAT_FILE, subtitles: CHAT_SUBTITLES };
          await calls.recordChat(manifest.id, chat);
        }
      } catch (error) {
        log.error({ callId: manifest.id, err: error }, "a chat message could not be written; it is retried");
        return; // retried with the next message or the next change of a call
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
