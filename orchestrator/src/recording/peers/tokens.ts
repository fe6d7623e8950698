import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { PeerId } from "../../ids.ts";
import type { PeerHandle } from "../gateway/gateway.ts";
import { qualifiedId } from "../gateway/qualifiedId.ts";

const OWNER_ONLY = 0o600;
const Tokens = z.record(z.string(), z.string());

/** Stores the gateways' peer tokens, so that a restarted orchestrator can reuse its peers. */
export class TokenFile {
  readonly #path: string;
  /** Changes are serialised, because each one rewrites the whole file. */
  #changed: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** undefined if there is no token, or the file cannot be read. */
  async read(peerId: PeerId, gateway?: string): Promise<PeerHandle | undefined> {
    const tokens = await this.#all();
    // Entries without a gateway were written by versions that supported only one.
    const token = tokens.get(qualifiedId(peerId, gateway)) ?? tokens.get(peerId);
    return token === undefined ? undefined : { peerId, token, gateway };
  }

  write({ peerId, token, gateway }: PeerHandle): Promise<void> {
    return this.#change((tokens) => tokens.set(qualifiedId(peerId, gateway), token));
  }

  remove({ peerId, gateway }: PeerHandle): Promise<void> {
    return this.#change((tokens) => tokens.delete(qualifiedId(peerId, gateway)));
  }

  #change(change: (tokens: Map<string, string>) => void): Promise<void> {
    const changing = this.#changed.then(async () => {
      const tokens = await this.#all();
      change(tokens);
      await writeAtomically(this.#path, JSON.stringify(Object.fromEntries(tokens)), OWNER_ONLY);
    });
    this.#changed = changing.catch(() => undefined);
    return changing;
  }

  async #all(): Promise<Map<string, string>> {
    try {
      return new Map(Object.entries(Tokens.parse(JSON.parse(await readFile(this.#path, "utf8")))));
    } catch {
      return new Map();
    }
  }
}
