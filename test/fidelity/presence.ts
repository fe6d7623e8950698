import { hashOf, type RecordedPacket } from "./recordedPackets.ts";
import { type Kind, mediaTimes, type SentFrame } from "./sentMedia.ts";
import { fitLine } from "./statistics.ts";

/** A frame is displaced if its time differs by more than this. */
const PLACE_TOLERANCE_SECONDS = 0.01;
/** A frame that is further away is not matched with the sent frame. */
const SEARCH_SECONDS = 0.1;
/** The Opus silence that the gateway inserts where a sender left out time: one frame, and six frames. */
const SILENCE = new Set(["fcfffe", `ff06${"fffe".repeat(6)}`].map((hex) => hashOf(Buffer.from(hex, "hex"))));

export interface Presence {
  sent: number;
  /** Number of sent frames that are in the file, bit-identical. */
  present: number;
  /** The largest time difference of a frame; 0 if it is less than 10 ms. */
  displacedMs: number;
  /** Send times of the missing frames, in unix milliseconds. */
  missing: number[];
  /** Inserted packets of silence for time in which nothing was sent. */
  filled: number;
  /** The file ends with a picture that was encoded for it: the last one is shown until the end of the call. */
  endsWithStill: boolean;
  /** Other packets in the file that were never sent, or that are duplicates. */
  foreign: number;
  /** Time from the first sent frame to the first recorded one. */
  startMissingMs: number;
  /** Time from the last recorded frame to the last sent one. */
  endMissingMs: number;
  /** Number of frames sent after the last recorded one. */
  missingAtEnd: number;
  /** The longest gap between recorded frames. */
  longestHoleMs: number;
  /**
   * How far the file deviates from a line over the RTP timestamps. If a browser's sound card or CPU stalls, its sender
   * reports include the lost time, but its timestamps do not.
   */
  correctedMs: number;
  /** Seconds in the file per second of RTP timestamps. */
  rate: number;
}

/** Compares sent and recorded frames bit by bit. */
export function presence(kind: Kind, sent: readonly SentFrame[], recorded: readonly RecordedPacket[]): Presence {
  const times = mediaTimes(kind, sent);
  const hashes = sent.map(({ payload }) => hashOf(payload));
  const anchors = findAnchors(times, hashes, recorded);
  const taken = new Set<number>();
  const present: number[] = [];
  const missing: number[] = [];
  let displacedMs = 0;
  const find = (index: number, within: number) => {
    for (const due of possibleTimes(times[index] ?? Number.NaN, anchors)) {
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
  const endsWithStill = kind === "video" && recorded.length > 0 && !taken.has(recorded.length - 1);
  const between = (first: number | undefined, second: number | undefined) =>
    1000 * ((times[second ?? 0] ?? Number.NaN) - (times[first ?? 0] ?? Number.NaN));
  return {
    ...{ sent: sent.length, present: present.length, displacedMs, missing },
    ...{ filled, endsWithStill, foreign: others.length - filled - Number(endsWithStill) },
    startMissingMs: between(0, present[0]),
    endMissingMs: between(present.at(-1), sent.length - 1),
    missingAtEnd: sent.length - 1 - (present.at(-1) ?? -1),
    longestHoleMs: longestHole(present, between),
    correctedMs: 1000 * spread(anchors.map(({ shift }) => shift)),
    rate: fitLine(anchors.map(({ time, shift }) => [time, time + shift])).slope,
  };
}

/** A frame with unique content: its RTP time, and how much later it is in the file, in seconds. */
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
  // An anchor that contradicts its neighbours is a frame at the wrong time.
  const agree = (one: Anchor, other: Anchor | undefined) =>
    other !== undefined && Math.abs(one.shift - other.shift) < PLACE_TOLERANCE_SECONDS;
  return anchors.filter((anchor, at) => agree(anchor, anchors[at - 1]) || agree(anchor, anchors[at + 1]));
}

/** Possible times of a frame in the file: shifted like the previous anchor or like the next one. */
function possibleTimes(time: number, anchors: readonly Anchor[]): number[] {
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

/** Expects packets in order. */
function firstAfter(recorded: readonly RecordedPacket[], seconds: number): number {
  let [low, high] = [0, recorded.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((recorded[middle]?.seconds ?? Infinity) < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Time from the first missing frame to the next present one. */
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
