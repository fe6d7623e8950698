import type { Condition } from "./conditions.ts";
import type { MeasuredCall } from "./measuredCall.ts";
import type { Presence } from "./presence.ts";
import type { Kind } from "./sentMedia.ts";

/** After an outage the decoder waits for the requested keyframe. */
const AFTER_OUTAGE_MS = 1_000;
/** Flash and beep of the pattern itself in a recording of a busy browser: its own delays are included. */
const PLAIN_OFFSET_P95_MS = 80;

export interface Score {
  sent: number;
  present: number;
  /** Missing frames, not counting the outage. */
  missing: number;
  holeMs: number;
  startMissingMs: number;
  endMissingMs: number;
}

export interface Verdict {
  condition: Condition;
  scores: Partial<Record<Kind, Score>>;
  offsetP95Ms: number | undefined;
  offsetMedianMs: number | undefined;
  /** Descriptions of all faults; empty for a good recording. */
  faults: string[];
}

/** Compares one measured call with the requirements of its condition. */
export function judge(condition: Condition, measured: MeasuredCall): Verdict {
  const scores = Object.fromEntries(
    Object.entries(measured.presence).map(([kind, presence]) => [kind, score(condition, presence, measured)]),
  ) as Verdict["scores"];
  const { offsets, plainOffsets, reference, report, inspection } = measured;
  const faults: string[] = [];
  for (const [kind, { sent, missing, holeMs }] of Object.entries(scores)) {
    if (missing > sent * (1 - condition.present)) faults.push(`${missing} of ${sent} frames of ${kind} are missing`);
    if (holeMs > condition.holeMs) faults.push(`${kind} has a gap of ${holeMs.toFixed(0)} ms`);
  }
  for (const [kind, presence] of Object.entries(measured.presence)) {
    const { displacedMs } = presence;
    if (displacedMs > condition.offsetP95Ms) faults.push(`a frame of ${kind} is ${displacedMs.toFixed(0)} ms off`);
    if (presence.foreign > 0) faults.push(`${presence.foreign} frames of ${kind} were never sent`);
    if (presence.endsWithStill && !report.endsWithRepeat)
      faults.push("the picture at the end is not the last one sent");
  }
  if (offsets === undefined) faults.push("no pairs of flash and beep were found");
  else if (offsets.p95Ms > condition.offsetP95Ms) {
    // A busy browser computes sender reports from frames that are late, by tenths of a second: they contradict each other.
    const isBelieved = reference === undefined || reference.steps === 0;
    const isOff = isBelieved || plainOffsets === undefined || plainOffsets.p95Ms > PLAIN_OFFSET_P95_MS;
    if (isOff) faults.push(`sound is off by ${offsets.p95Ms.toFixed(1)} ms`);
  }
  if (report.undecodedFrames > 0) faults.push(`${report.undecodedFrames} frames cannot be decoded`);
  if (report.unreadableFrames > 0) faults.push(`${report.unreadableFrames} pictures are broken`);
  if (inspection.decodeErrors !== "") faults.push(`ffmpeg says: ${inspection.decodeErrors.slice(0, 200)}`);
  if (!inspection.hasCuesInFront) faults.push("the cues are not in front");
  return { condition, scores, offsetP95Ms: offsets?.p95Ms, offsetMedianMs: offsets?.medianMs, faults };
}

function score({ impairment: { outage, loss } }: Condition, presence: Presence, { relay }: MeasuredCall): Score {
  const from = (relay.firstPacketAtMs ?? 0) + (outage?.fromMs ?? 0);
  const excused = outage
    ? presence.missing.filter((atMs) => atMs >= from && atMs <= from + outage.forMs + AFTER_OUTAGE_MS).length
    : 0;
  // A receiver cannot detect the loss of the last packets, so it cannot request them again.
  const unheardOf = loss ? Math.min(presence.missingAtEnd, presence.missing.length - excused) : 0;
  return {
    sent: presence.sent,
    present: presence.present,
    missing: presence.missing.length - excused - unheardOf,
    holeMs: presence.longestHoleMs,
    startMissingMs: presence.startMissingMs,
    endMissingMs: presence.endMissingMs,
  };
}
