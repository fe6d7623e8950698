import { hashOf, type RecordedPacket } from "./recordedPackets.ts";
import { type Kind, mediaTimes, type SentFrame } from "./sentMedia.ts";
import { fitLine } from "./statistics.ts";

/** A frame further from its place than this is displaced. */
const PLACE_TOLERANCE_SECONDS = 0.01;
/** One that is further away is not taken for the one that was sent. */
const SEARCH_SECONDS = 0.1;
/** Opus as the gateway writes silence where a sender left some out: one frame of it, and six. */
const SILENCE = new Set(["fcfffe", `ff06${"fffe".repeat(6)}`].map((hex) => hashOf(Buffer.from(hex, "hex"))));

export interface Presence {
  sent: number;
  /** Frames that are in the file, bit by bit. */
  present: number;
  /** How far the worst of them is from its place; 0 if it is less than 10 ms. */
  displacedMs: number;
  /** When each frame was sent that is not there, in unix milliseconds. */
  missing: number[];
  /** Packets of silence that stand for time in which nothing was sent. */
  filled: number;
  /** Other packets of the file that were never sent, or are there twice. */
  foreign: number;
  /** From the first frame sent to the first one recorded. */
  startMissingMs: number;
  /** From the last one recorded to the last one sent. */
  endMissingMs: number;
  /** How many were sent after the last one recorded. */
  missingAtEnd: number;
  /** The longest time in the middle in which nothing is there of what was sent. */
  longestHoleMs: number;
  /**
   * How far the file leaves the line of RTP timestamps: a browser whose sound card or processor stalls says by its
   * sender reports that time has passed which its timestamps do not know of.
   */
  correctedMs: number;
  /** Seconds in the file for each second of RTP timestamps. */
  rate: number;
}

/** Compares what was sent with what was recorded, bit by bit. */
export function presence(kind: Kind, sent: readonly SentFrame[], recorded: readonly RecordedPacket[]): Presence {
  const times = mediaTimes(kind, sent);
  const hashes = sent.map(({ payload }) => hashOf(payload));
  const anchors = findAnchors(times, hashes, recorded);
  const taken = new Set<number>();
  const present: number[] = [];
  const missing: number[] = [];
  let displacedMs = 0;
  const find = (index: number, within: number) => {
    for (const due of placesOf(times[index] ?? Number.NaN, anchors)) {
      const at = findPacket(recorded, due, within, hashes[index], taken);
      if (at === undefined) continue;
      taken.add(at);
      present.push(index);
      return 1000 * Math.abs((recorded[at]?.seconds ?? due) - due);
    }
    return undefined;
  };
  const indices = sent.map((_, index) => index);
  const elsewhere = indices.filter((index) => find(index, PLACE_TOLERANCE_SECONDS) === undefined);
  for (const index of elsewhere) {
    const ms = SILENCE.has(hashes[index] ?? "") ? undefined : find(index, SEARCH_SECONDS);
    if (ms === undefined) missing.push(sent[index]?.atMs ?? Number.NaN);
    else displacedMs = Math.max(displacedMs, ms);
  }
  present.sort((a, b) => a - b);
  const others = recorded.filter((_, index) => !taken.has(index));
  const filled = others.filter(({ hash }) => SILENCE.has(hash)).length;
  const between = (first: number | undefined, second: number | undefined) =>
    1000 * ((times[second ?? 0] ?? Number.NaN) - (times[first ?? 0] ?? Number.NaN));
  return {
    ...{ sent: sent.length, present: present.length, displacedMs, missing },
    ...{ filled, foreign: others.length - filled },
    startMissingMs: between(0, present[0]),
    endMissingMs: between(present.at(-1), sent.length - 1),
    missingAtEnd: sent.length - 1 - (present.at(-1) ?? -1),
    longestHoleMs: longestHole(present, between),
    correctedMs: 1000 * spread(anchors.map(({ shift }) => shift)),
    rate: fitLine(anchors.map(({ time, shift }) => [time, time + shift])).slope,
  };
}

/** A frame that cannot be mistaken: its time by RTP timestamps, and how much later it is in the file. Seconds. */
interface Anchor {
  time: number;
  shift: number;
}

function findAnchors(
  times: readonly number[],
  hashes: readonly string[],
  recorded: readonly RecordedPacket[],
): Anchor[] {
  const recordedAt = unique(recorded.map(({ hash, seconds }) => [hash, seconds]));
  const sentAt = unique(hashes.map((hash, index) => [hash, times[index] ?? 0]));
  const anchors = [...sentAt].flatMap(([hash, time]) => {
    const seconds = recordedAt.get(hash);
    return seconds === undefined ? [] : [{ time, shift: seconds - time }];
  });
  // One that its neighbours do not agree with is a frame at the wrong time.
  const agree = (one: Anchor, other: Anchor | undefined) =>
    other !== undefined && Math.abs(one.shift - other.shift) < PLACE_TOLERANCE_SECONDS;
  return anchors.filter((anchor, at) => agree(anchor, anchors[at - 1]) || agree(anchor, anchors[at + 1]));
}

/** Where a frame may be in the file: as much later as the anchor before it, or the one after it. */
function placesOf(time: number, anchors: readonly Anchor[]): number[] {
  const next = anchors.findIndex((anchor) => anchor.time >= time);
  const around = next < 0 ? [anchors.at(-1)] : [anchors[Math.max(0, next - 1)], anchors[next]];
  return around.flatMap((anchor) => (anchor ? [time + anchor.shift] : []));
}

function findPacket(
  recorded: readonly RecordedPacket[],
  due: number,
  within: number,
  hash: string | undefined,
  taken: ReadonlySet<number>,
): number | undefined {
  for (let at = firstAfter(recorded, due - within); at < recorded.length; at += 1) {
    if ((recorded[at]?.seconds ?? Infinity) > due + within) return undefined;
    if (recorded[at]?.hash === hash && !taken.has(at)) return at;
  }
  return undefined;
}

/** Packets are in order. */
function firstAfter(recorded: readonly RecordedPacket[], seconds: number): number {
  let [low, high] = [0, recorded.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((recorded[middle]?.seconds ?? Infinity) < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From when the first of the missing frames was due until something is there again. */
function longestHole(present: readonly number[], between: (first: number, second: number) => number): number {
  return present.reduce((longest, index, at) => {
    const due = (present[at - 1] ?? index) + 1;
    return index > due ? Math.max(longest, between(due, index)) : longest;
  }, 0);
}

function spread(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}

function unique(entries: readonly (readonly [string, number])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [hash] of entries) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return new Map(entries.filter(([hash]) => counts.get(hash) === 1));
}
