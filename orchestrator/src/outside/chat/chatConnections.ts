import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { DataConnectionId } from "../../ids.ts";

const Ids = z.array(z.string().transform((id) => id as DataConnectionId));

/** Open data connections, stored so that a restarted orchestrator receives from them again. */
export class ChatConnections {
  readonly #path: string;
  readonly #ids = new Set<DataConnectionId>();
  #written: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** The connections of the previous process; none if there is no readable file. */
  async read(): Promise<DataConnectionId[]> {
    try {
      const ids = Ids.parse(JSON.parse(await readFile(this.#path, "utf8")));
      for (const id of ids) this.#ids.add(id);
      return ids;
    } catch {
      return [];
    }
  }

  add(id: DataConnectionId): Promise<void> {
    this.#ids.add(id);
    return this.#write();
  }

  remove(id: DataConnectionId): Promise<void> {
    this.#ids.delete(id);
    return this.#write();
  }

  #write(): Promise<void> {
    const write = () => writeAtomically(this.#path, JSON.stringify([...this.#ids]));
    const written = this.#written.then(write, write);
    this.#written = written;
    return written;
  }
}
