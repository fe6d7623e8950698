import type { ManifestFile, ManifestLeg } from "../../archive/library/manifest.ts";

/** Earlier files of a leg that has rolled over: each is finished while the call continues in the next file. */
export class LegFiles {
  #all: ManifestFile[] = [];
  readonly #finishing = new Set<Promise<void>>();

  get all(): readonly ManifestFile[] {
    return this.#all;
  }

  /** Number of the file that is being recorded, from 1. */
  get current(): number {
    return this.#all.length + 1;
  }

  /** Loads the files from a manifest written by an earlier process. */
  load(files: readonly ManifestFile[]): void {
    this.#all = [...files];
  }

  add(file: ManifestFile): void {
    this.#all.push(file);
  }

  replace(number: number, file: ManifestFile): void {
    this.#all[number - 1] = file;
  }

  /** @param finishing must not reject. */
  finish(finishing: Promise<void>): void {
    this.#finishing.add(finishing);
    void finishing.finally(() => this.#finishing.delete(finishing));
  }

  /** Resolves when all files are finished. */
  async settled(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
  }
}

/** Adds the leg's files to its manifest entry. */
export function withFiles<Leg extends ManifestLeg>(leg: Leg, files: readonly ManifestFile[]): Leg {
  if (files.length === 0) return leg;
  const first = files.find(({ file }) => file);
  const isReady = leg.state === "ready" && first?.file;
  const top = isReady && {
    file: first.file,
    ...(first.trackFiles && { trackFiles: first.trackFiles }),
  };
  return { ...leg, files: [...files], ...top };
}
