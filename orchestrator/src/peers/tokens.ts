import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { PeerHandle } from "../gateway/gateway.ts";
import type { PeerId } from "../ids.ts";
import { writeAtomically } from "../library/atomicFile.ts";

const OWNER_ONLY = 0o600;
const Tokens = z.record(z.string(), z.string());

/** The gateway's peer tokens, kept so that a restarted orchestrator finds its peers again. */
export class TokenFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(peerId: PeerId): Promise<PeerHandle | undefined> {
    const token = (await this.#all())[peerId];
    return token === undefined ? undefined : { peerId, token };
  }

  async write({ peerId, token }: PeerHandle): Promise<void> {
    await writeAtomically(this.#path, JSON.stringify({ ...(await this.#all()), [peerId]: token }), OWNER_ONLY);
  }

  async #all(): Promise<Record<string, string>> {
    try {
      return Tokens.parse(JSON.parse(await readFile(this.#path, "utf8")));
    } catch {
      return {};
    }
  }
}
