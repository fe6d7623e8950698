import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { Library } from "./library.ts";

const MEBIBYTE = 1024 * 1024;
/** Twenty callers at 6 Mbit/s write 15 MB in so long. */
const CHECK_INTERVAL_MS = 1_000;
/** A volume that was full takes calls again when there is so much more than the least: not one call, and full again. */
const RECOVERY_FACTOR = 1.1;

export interface StorageListeners {
  /** To be called again and again while it is so: whatever is being recorded has to end now. */
  onFull(): void;
  /** Again and again while the volume is well: what could not be written may be, now. */
  onWell(): void;
}

/**
 * Whether the volume has room for recordings. What lies in the spool needs as much again when it is assembled, so that
 * counts as used already: every recording that was begun can be closed properly before the last bytes are gone.
 */
export class Storage {
  readonly minimumFreeBytes: number;
  readonly #library: Pick<Library, "checkWritable" | "unassembledBytes">;
  #isFull = false;
  #trouble: string | undefined;
  #recordersTrouble: RecorderError | undefined;

  constructor(library: Pick<Library, "checkWritable" | "unassembledBytes">, minimumFreeBytes: number) {
    this.#library = library;
    this.minimumFreeBytes = minimumFreeBytes;
  }

  /** @throws RecorderError STORAGE_UNAVAILABLE, STORAGE_FULL when no recording should begin now. */
  async check(): Promise<void> {
    const { freeBytes, reservedBytes } = await this.#look();
    const least = this.minimumFreeBytes * (this.#isFull ? RECOVERY_FACTOR : 1);
    this.#isFull = freeBytes - reservedBytes < least;
    if (!this.#isFull) return;
    const mebibytes = (bytes: number) => `${Math.floor(bytes / MEBIBYTE)} MiB`;
    throw new RecorderError(
      "STORAGE_FULL",
      `${mebibytes(freeBytes)} free, ${mebibytes(reservedBytes)} of it for what is in the spool, at least ${mebibytes(least)} have to stay`,
    );
  }

  /**
   * A recorder has begun to write, or could not. It mounts the volume anew: what was unmounted on the host is still there
   * for this process, and for recorders it is not. Calls are tried all the same, or nobody would see that it is back.
   */
  noteRecorder(trouble?: RecorderError): void {
    this.#recordersTrouble = trouble;
  }

  /** @throws RecorderError as `check`, and what the last recorder could not write. */
  async mustBeWell(): Promise<void> {
    await this.check();
    if (this.#recordersTrouble) throw this.#recordersTrouble;
  }

  /** Looks again and again until it is aborted; says in the log when the volume has become full or unusable, or well. */
  async watch({ onFull, onWell }: StorageListeners, clock: Clock, log: Logger, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const trouble = await this.#troubleNow();
      if (trouble?.code === "STORAGE_FULL") onFull();
      if (!trouble) onWell();
      if (trouble?.code !== this.#trouble) {
        if (trouble) log.error({ code: trouble.code, hint: trouble.hint, reason: trouble.message }, "storage");
        else log.info("storage is well again");
      }
      this.#trouble = trouble?.code;
      await clock.sleep(CHECK_INTERVAL_MS, until);
    }
  }

  async #troubleNow(): Promise<RecorderError | undefined> {
    try {
      await this.check();
      return undefined;
    } catch (error) {
      return error as RecorderError;
    }
  }

  async #look(): Promise<{ freeBytes: number; reservedBytes: number }> {
    try {
      const { freeBytes } = await this.#library.checkWritable();
      return { freeBytes, reservedBytes: await this.#library.unassembledBytes() };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RecorderError("STORAGE_UNAVAILABLE", reason, { cause: error });
    }
  }
}
