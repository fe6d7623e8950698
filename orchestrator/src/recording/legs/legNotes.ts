import type { ManifestLeg } from "../../archive/library/manifest.ts";
import { type Note, type NoteCode, type NoteFacts, noteOf } from "../../notes.ts";

/** What is known to be missing from a leg, or not recorded of it. */
export class LegNotes {
  #all: Note[] = [];

  get all(): readonly Note[] {
    return this.#all;
  }

  /** Loads the notes from a manifest written by an earlier process. */
  load(notes: readonly Note[]): void {
    this.#all = [...notes];
  }

  /**
   * Adds a note. A leg has one note for each code, kind and file: a later one replaces it and keeps its `at`, so that
   * a caller may repeat a note with a larger number.
   *
   * @returns false if the leg already has exactly this note.
   */
  add(code: NoteCode, facts: NoteFacts = {}): boolean {
    const note = noteOf(code, facts);
    const index = this.#all.findIndex((one) => keyOf(one) === keyOf(note));
    const known = this.#all[index];
    if (!known) {
      this.#all.push(note);
      return true;
    }
    const merged = { ...note, ...(known.at && { at: known.at }) };
    if (merged.message === known.message && merged.seconds === known.seconds && merged.at === known.at) return false;
    this.#all[index] = merged;
    return true;
  }
}

const keyOf = ({ code, kind, file }: Note): string => `${code} ${kind ?? ""} ${file ?? ""}`;

/** Adds the notes to the leg's manifest entry. */
export function withNotes<Leg extends ManifestLeg>(leg: Leg, { all }: Pick<LegNotes, "all">): Leg {
  return all.length === 0 ? leg : { ...leg, notes: [...all] };
}
