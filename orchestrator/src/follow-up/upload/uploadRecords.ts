import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { z } from "zod";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { Paths } from "../../archive/library/paths.ts";
import type { CallId } from "../../ids.ts";
import { KeptFile } from "./inventory.ts";

/** The files of a call that are on a remote and were verified against the files here. */
const UploadRecord = z.object({
  version: z.literal(1),
  remote: z.string(),
  verifiedAt: z.iso.datetime(),
  verifiedBy: z.string(),
  files: z.array(KeptFile),
});
export type UploadRecord = z.infer<typeof UploadRecord>;

/** One file for each uploaded call, in `state/uploads`. */
export class UploadRecords {
  readonly #paths: Paths;
  readonly #log: Logger;

  constructor(paths: Paths, log: Logger) {
    this.#paths = paths;
    this.#log = log;
  }

  /** @returns undefined if there is no readable record; the call counts as not uploaded then. */
  async read(id: CallId): Promise<UploadRecord | undefined> {
    const path = this.#paths.upload(id);
    try {
      return UploadRecord.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing) this.#log.error({ callId: id, path, err: error }, "an upload record cannot be read");
      return undefined;
    }
  }

  async write(id: CallId, record: UploadRecord): Promise<void> {
    const path = this.#paths.upload(id);
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, `${JSON.stringify(record)}\n`);
  }

  async remove(id: CallId): Promise<void> {
    await rm(this.#paths.upload(id), { force: true });
  }
}
