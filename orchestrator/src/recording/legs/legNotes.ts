import type { LegNote, ManifestLeg } from "../../archive/library/manifest.ts";
import { NOTES, type NoteCode } from "../../notes.ts";

export interface NoteFacts extends Pick<LegNote, "kind" | "seconds" | "file"> {
  /** Details of this case, appended to the message of the table. */
  detail?: string | undefined;
  at?: Date | undefined;
}

/** A note of the table, with the facts of one case. Seconds are rounded to milliseconds. */
function noteOf(code: NoteCode, { kind, detail, at, seconds, file }: NoteFacts = {}): LegNote {
  const { message, hint } = NOTES[code];
  return {
    code,
    ...(kind && { kind }),
    message: detail ? `${message}: ${detail}` : message,
    hint,
    ...(at && { at: at.toISOString() }),
    ...(seconds !== undefined && { seconds: Math.round(seconds * 1000) / 1000 }),
    ...(file && { file }),
  };
}

/** What is known to be missing from a leg, or not recorded of it. */
export class LegNotes {
  #all: LegNote[] = [];

  get all(): readonly LegNote[] {
    return this.#all;
  }

  /** Loads the notes from a manifest written by an earlier process. */
  load(notes: readonly LegNote[]): void {
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

const keyOf = ({ code, kind, file }: LegNote): string => `${code} ${kind ?? ""} ${file ?? ""}`;

/** Adds the notes to the leg's manifest entry. */
export function withNotes<Leg extends ManifestLeg>(leg: Leg, { all }: Pick<LegNotes, "all">): Leg {
  return all.length === 0 ? leg : { ...leg, notes: [...all] };
}
