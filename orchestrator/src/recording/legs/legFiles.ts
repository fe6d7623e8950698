import type { ManifestFile, ManifestLeg } from "../../archive/library/manifest.ts";

/** The files of a leg that it has rolled over from: each is finished while the call goes on in the next. */
export class LegFiles {
  #all: ManifestFile[] = [];
  readonly #finishing = new Set<Promise<void>>();

  get all(): readonly ManifestFile[] {
    return this.#all;
  }

  /** Which file is being recorded, from 1. */
  get current(): number {
    return this.#all.length + 1;
  }

  /** Takes up what an earlier life wrote down. */
  load(files: readonly ManifestFile[]): void {
    this.#all = [...files];
  }

  add(file: ManifestFile): void {
    this.#all.push(file);
  }

  replace(number: number, file: ManifestFile): void {
    this.#all[number - 1] = file;
  }

  /** @param finishing never fails. */
  finish(finishing: Promise<void>): void {
    this.#finishing.add(finishing);
    void finishing.finally(() => this.#finishing.delete(finishing));
  }

  /** Resolves when none is being finished any more. */
  async settled(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
  }
}

/** What the manifest says of a leg whose files these are. */
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
