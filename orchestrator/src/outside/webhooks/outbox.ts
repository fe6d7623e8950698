import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { z } from "zod";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import { type CallId, isCallId } from "../../ids.ts";
import { CallRecord } from "./record.ts";

const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;

/** Receivers that answered 410, by name. A receiver whose URL has changed counts as another one. */
const Disabled = z.record(z.string(), z.object({ at: z.iso.datetime(), fingerprint: z.string() }));
export type Disabled = z.infer<typeof Disabled>;

/** Webhook data on the volume: one file for each call, and the state of the receivers. */
export class Outbox {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#calls, { recursive: true, mode: FOLDER_OWNER_ONLY });
  }

  /** @returns undefined if there is none, or if it cannot be read, which is logged. */
  async read(id: CallId): Promise<CallRecord | undefined> {
    return this.#parse(CallRecord, this.#path(id));
  }

  async write(record: CallRecord): Promise<void> {
    await this.prepare();
    await writeAtomically(this.#path(record.callId), `${JSON.stringify(record)}\n`, OWNER_ONLY);
  }

  async remove(id: CallId): Promise<void> {
    await rm(this.#path(id), { force: true });
  }

  /** The newest first. */
  async callIds(): Promise<CallId[]> {
    const names = await readdir(this.#calls).catch(() => []);
    const ids = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    return ids.filter(isCallId).sort().reverse();
  }

  /** Since when events are published; undefined if there were no receivers. */
  async publishingSince(): Promise<Date | undefined> {
    const text = await this.#parse(z.iso.datetime(), join(this.#folder, "since.json"));
    return text === undefined ? undefined : new Date(text);
  }

  async startPublishing(at: Date): Promise<void> {
    await this.prepare();
    await writeAtomically(join(this.#folder, "since.json"), JSON.stringify(at.toISOString()), OWNER_ONLY);
  }

  /** There are no receivers: events from now on are not published later either. */
  async stopPublishing(): Promise<void> {
    await rm(join(this.#folder, "since.json"), { force: true });
  }

  async disabled(): Promise<Disabled> {
    return (await this.#parse(Disabled, join(this.#folder, "disabled.json"))) ?? {};
  }

  async writeDisabled(disabled: Disabled): Promise<void> {
    await this.prepare();
    await writeAtomically(join(this.#folder, "disabled.json"), JSON.stringify(disabled), OWNER_ONLY);
  }

  get #calls(): string {
    return join(this.#folder, "calls");
  }

  #path(id: CallId): string {
    return join(this.#calls, `${id}.json`);
  }

  async #parse<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema> | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing) this.#log.error({ path, err: error }, "a webhook file cannot be read");
      return undefined;
    }
  }
}
