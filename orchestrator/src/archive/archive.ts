import type { Ground } from "../ground.ts";
import { CallBook } from "./calls/callBook.ts";
import { Library } from "./library/library.ts";
import { Paths } from "./library/paths.ts";
import { Storage } from "./library/storage.ts";

const MEBIBYTE = 1024 * 1024;

export interface ArchiveSettings {
  /** Where the recordings volume is mounted. */
  recordingsFolder: string;
  storage: { minimumFreeMebibytes: number };
}

/** What is known about calls, and the files that are kept. */
export interface Archive {
  calls: CallBook;
  library: Library;
  storage: Storage;
}

export function openArchive({ recordingsFolder, storage }: ArchiveSettings, { clock, log }: Ground): Archive {
  const library = new Library(new Paths(recordingsFolder), log);
  return {
    calls: new CallBook(library, clock),
    library,
    storage: new Storage(library, storage.minimumFreeMebibytes * MEBIBYTE),
  };
}
