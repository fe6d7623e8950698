import { hashOf, type RecordedPacket } from "./recordedPackets.ts";
import { type Kind, mediaTimes, type SentFrame } from "./sentMedia.ts";
import { fitLine } from "./statistics.ts";

/** A frame further from its place than this is not taken for the one that was sent. */
const PLACE_TOLERANCE_SECONDS = 0.01;

export interface Presence {
  sent: number;
  /** Frames that are in the file, bit by bit, at their time. */
  present: number;
  /** When each frame was sent that is not there, in unix milliseconds. */
  missing: number[];
  /** Packets of the file that were never sent, are not at their time, or are there twice. */
  foreign: number;
  /** From the first frame sent to the first one recorded. */
  startMissingMs: number;
  /** From the last one recorded to the last one sent. */
  endMissingMs: number;
  /** The longest time in the middle in which nothing is there of what was sent. */
  longestHoleMs: number;
  /** Distance of any frame from where its RTP timestamp puts it. */
  worstPlaceMs: number;
  /** Seconds in the file for each second of RTP timestamps. */
  rate: number;
}

/** Compares what was sent with what was recorded, bit by bit. */
export function presence(kind: Kind, sent: readonly SentFrame[], recorded: readonly RecordedPacket[]): Presence {
  const times = mediaTimes(kind, sent);
  const hashes = sent.map(({ payload }) => hashOf(payload));
  const line = placeOf(times, hashes, recorded);
  const taken = new Set<number>();
  const missing: number[] = [];
  const present: number[] = [];
  let worstPlaceMs = 0;
  let from = 0;
  sent.forEach(({ atMs }, index) => {
    const due = line.at(times[index] ?? Number.NaN);
    while ((recorded[from]?.seconds ?? Infinity) < due - PLACE_TOLERANCE_SECONDS) from += 1;
    for (let at = from; (recorded[at]?.seconds ?? Infinity) <= due + PLACE_TOLERANCE_SECONDS; at += 1) {
      if (taken.has(at) || recorded[at]?.hash !== hashes[index]) continue;
      taken.add(at);
      present.push(index);
      worstPlaceMs = Math.max(worstPlaceMs, 1000 * Math.abs((recorded[at]?.seconds ?? 0) - due));
      return;
    }
    missing.push(atMs);
  });
  const between = (first: number | undefined, second: number | undefined) =>
    1000 * ((times[second ?? 0] ?? Number.NaN) - (times[first ?? 0] ?? Number.NaN));
  return {
    sent: sent.length,
    present: present.length,
    missing,
    foreign: recorded.length - taken.size,
    startMissingMs: between(0, present[0]),
    endMissingMs: between(present.at(-1), sent.length - 1),
    longestHoleMs: longestHole(present, between),
    worstPlaceMs,
    rate: line.slope,
  };
}

/** From when the first of the missing frames was due until something is there again. */
function longestHole(present: readonly number[], between: (first: number, second: number) => number): number {
  return present.reduce((longest, index, at) => {
    const due = (present[at - 1] ?? index) + 1;
    return index > due ? Math.max(longest, between(due, index)) : longest;
  }, 0);
}

/** Where in the file a time of sending lies, by the packets that cannot be mistaken. */
function placeOf(times: readonly number[], hashes: readonly string[], recorded: readonly RecordedPacket[]) {
  const sentAt = unique(hashes.map((hash, index) => [hash, times[index] ?? 0]));
  const recordedAt = unique(recorded.map(({ hash, seconds }) => [hash, seconds]));
  const pairs = [...recordedAt].flatMap(([hash, seconds]): [number, number][] => {
    const at = sentAt.get(hash);
    return at === undefined ? [] : [[at, seconds]];
  });
  return fitLine(pairs);
}

function unique(entries: readonly (readonly [string, number])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [hash] of entries) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return new Map(entries.filter(([hash]) => counts.get(hash) === 1));
}
