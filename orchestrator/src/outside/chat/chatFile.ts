import { open, readFile } from "node:fs/promises";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import { CHAT_FILE, CHAT_SUBTITLES, type Paths } from "../../archive/library/paths.ts";
import type { CallId } from "../../ids.ts";
import { type ChatLine, readLines } from "./chatLine.ts";
import { subtitles } from "./subtitles.ts";

const MEBIBYTE = 1024 * 1024;
/** Limit for one call; more is not a chat. */
export const CHAT_LIMIT_BYTES = 16 * MEBIBYTE;

/** The two chat files of a call. Changes are serialised. */
export class ChatFile {
  readonly #paths: Paths;
  readonly #changes = new Map<CallId, Promise<unknown>>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /**
   * Appends a message. It is on disk when the promise resolves.
   *
   * @returns false if the file has reached its limit.
   * @throws the file system's error.
   */
  append(callId: CallId, line: ChatLine): Promise<boolean> {
    return this.#change(callId, async () => {
      const file = await open(this.#paths.recording(callId, CHAT_FILE), "a+");
      try {
        const text = `${JSON.stringify(line)}\n`;
        const { size } = await file.stat();
        if (size + Buffer.byteLength(text) > CHAT_LIMIT_BYTES) return false;
        const last = Buffer.alloc(1);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        // A power failure may have left an incomplete line.
        await file.appendFile(size > 0 && last.toString() !== "\n" ? `\n${text}` : text);
        await file.datasync();
        return true;
      } finally {
        await file.close();
      }
    });
  }

  /**
   * Rewrites the subtitles.
   *
   * @param startMs start of the film, Unix milliseconds.
   * @throws the file system's error.
   */
  async writeSubtitles(callId: CallId, startMs: number): Promise<void> {
    await this.#change(callId, async () => {
      const lines = readLines(await readFile(this.#paths.recording(callId, CHAT_FILE), "utf8"));
      await writeAtomically(this.#paths.recording(callId, CHAT_SUBTITLES), subtitles(lines, startMs));
    });
  }

  #change<Result>(callId: CallId, act: () => Promise<Result>): Promise<Result> {
    const changed = (this.#changes.get(callId) ?? Promise.resolve()).then(act, act);
    this.#changes.set(callId, changed);
    const over = () => this.#changes.get(callId) === changed && this.#changes.delete(callId);
    void changed.then(over, over);
    return changed;
  }
}
