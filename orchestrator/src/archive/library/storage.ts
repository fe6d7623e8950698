import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { Library } from "./library.ts";

const MEBIBYTE = 1024 * 1024;
/** Check interval; in this time, twenty callers at 6 Mbit/s write 15 MB. */
const CHECK_INTERVAL_MS = 1_000;
/** Hysteresis: a full volume accepts calls again when this multiple of the minimum is free. */
const RECOVERY_FACTOR = 1.1;

export interface StorageListeners {
  /** Called at each check while the volume is full: running recordings must end. */
  onFull(): void;
  /** Called at each check while the volume is usable: failed writes can be retried. */
  onWell(): void;
}

/**
 * Decides whether the volume has space for recordings. Assembling the files in the spool needs their size again, so
 * that space counts as used: every recording that has begun can be finished before the volume is full.
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

  /** @throws RecorderError STORAGE_UNAVAILABLE, STORAGE_FULL if no recording should begin now. */
  async check(): Promise<void> {
    const { freeBytes, reservedBytes } = await this.#look();
    const least = this.minimumFreeBytes * (this.#isFull ? RECOVERY_FACTOR : 1);
    this.#isFull = freeBytes - reservedBytes < least;
    if (!this.#isFull) return;
    const mebibytes = (bytes: number) => `${Math.floor(bytes / MEBIBYTE)} MiB`;
    throw new RecorderError(
      "STORAGE_FULL",
      `${mebibytes(freeBytes)} free, ${mebibytes(reservedBytes)} of it reserved for files in the spool, at least ${mebibytes(least)} must stay free`,
    );
  }

  /**
   * Notes whether the last recorder could write. Each recorder mounts the volume again, so it notices that the volume
   * was unmounted on the host; this process does not. Calls are still accepted, to detect that the volume is back.
   */
  noteRecorder(trouble?: RecorderError): void {
    this.#recordersTrouble = trouble;
  }

  /** @throws RecorderError as `check`, or the storage error of the last recorder. */
  async mustBeWell(): Promise<void> {
    await this.check();
    if (this.#recordersTrouble) throw this.#recordersTrouble;
  }

  /** Checks the volume until `until` aborts; logs when it becomes full, unusable, or usable again. */
  async watch({ onFull, onWell }: StorageListeners, clock: Clock, log: Logger, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const trouble = await this.#troubleNow();
      if (trouble?.code === "STORAGE_FULL") onFull();
      if (!trouble) onWell();
      if (trouble?.code !== this.#trouble) {
        if (trouble)
          log.error(
            { code: trouble.code, hint: trouble.hint, reason: trouble.message },
            "storage is full or unavailable",
          );
        else log.info("storage is usable again");
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
