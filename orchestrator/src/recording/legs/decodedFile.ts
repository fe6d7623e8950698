import type { Kind } from "../../archive/library/manifest.ts";
import type { DecodedEnd, OpusBits } from "../recorders/decodedEnd.ts";
import type { FoundNote } from "./lossNotes.ts";

/** Encoded sound exceeds full scale by 3 dB at most. What a decoder makes of encrypted packets does by far more. */
const IMPOSSIBLE_PEAK_DB = 12;
/**
 * If a decoder refuses this share of packets, it reads the others by chance: a few small pictures of an encrypted video
 * are accepted if their first bytes are in clear. The gateway forwards whole frames only, so loss causes no refusals.
 */
const REFUSED_SHARE = 0.25;

/**
 * Each bit of encrypted packets changes in half of them. Of Opus by encoders, none of the flags at its start changed in
 * more than a quarter, whether they encoded speech, music, tones or noise.
 */
const RANDOM_CHANGES = { least: 0.35, most: 0.65 };
/** Chance is not judged by fewer packets. */
const LEAST_PACKETS = 60;

/** What a file shows when it is decoded. */
export interface DecodedFile {
  /** Kinds of which nothing can be decoded. */
  unreadable: Kind[];
  notes: FoundNote[];
}

/**
 * Judges what a decoder could read at both ends of each track.
 *
 * @param opusBits of its sound; undefined if that is not Opus.
 */
export function judgeDecoded(ends: readonly DecodedEnd[], opusBits?: OpusBits): DecodedFile {
  const judged: DecodedFile = { unreadable: [], notes: [] };
  for (const kind of ["audio", "video"] as const) {
    const all = ends.filter((end) => end.kind === kind);
    // Where a decoder was given nothing, nothing is known, unless that is so everywhere.
    const tried = all.filter(({ frames, errors }) => frames + errors > 0);
    const ofKind = tried.length > 0 ? tried : all;
    const unreadable = kind === "audio" && areRandom(opusBits) ? ofKind : ofKind.filter(isUnreadable);
    if (ofKind.length > 0 && unreadable.length === ofKind.length) {
      judged.unreadable.push(kind);
      judged.notes.push({ code: "ENCRYPTED", kind, detail: words(ofKind) });
    } else if (unreadable.length > 0 || ofKind.some(({ errors, corrupt }) => errors + corrupt > 0)) {
      judged.notes.push({ code: "UNDECODABLE", kind, detail: words(ofKind) });
    }
  }
  return judged;
}

function isUnreadable({ frames, errors, corrupt, peak }: DecodedEnd): boolean {
  if (frames === 0 || corrupt >= frames) return true;
  return errors >= REFUSED_SHARE * (errors + frames) || (peak !== null && peak > IMPOSSIBLE_PEAK_DB);
}

function areRandom(bits: OpusBits | undefined): boolean {
  if (bits === undefined || bits.packets < LEAST_PACKETS) return false;
  return bits.changes.every((share) => share > RANDOM_CHANGES.least && share < RANDOM_CHANGES.most);
}

/** For messages: `at its start 0 frames were decoded and 149 packets refused, at its end …`. */
function words(ends: readonly DecodedEnd[]): string {
  return ends
    .map(({ from, frames, errors, corrupt, peak }) => {
      const facts = [`${frames} frames were decoded`];
      if (errors > 0) facts.push(`${errors} packets refused`);
      if (corrupt > 0) facts.push(`${corrupt} frames incomplete`);
      if (peak !== null && peak > IMPOSSIBLE_PEAK_DB) facts.push(`with ${Math.round(peak)} dB above full scale`);
      return `at its ${from} ${facts.join(", ")}`;
    })
    .join("; ");
}
