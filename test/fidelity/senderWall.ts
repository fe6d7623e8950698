import { CLOCK_RATE, type Kind, type SentFrame } from "./sentMedia.ts";
import { median } from "./statistics.ts";

/** At this time of the sender's wall clock, its media clock showed this. */
export interface SenderReport {
  senderMs: number;
  rtpTimestamp: number;
}

/** Reports that differ by more do not scatter: between them the media clock stood still, as a stalled sound card's does. */
const STALL_MS = 30;

/** The sender's wall clock, as its reports tell it. */
export interface SenderWall {
  /** Unix milliseconds of a moment in the track, in seconds after its first frame. */
  at(seconds: number): number;
  /** Median distance of a report from what was made of all of them. */
  scatterMs: number;
}

interface Stretch {
  /** Seconds into the track at which its reports were made. */
  seconds: number[];
  /** When the track's first frame was, by each of them. */
  zeros: number[];
}

/** A moment is told by the reports around it; where many agree, by the middle of them. */
export function senderWall(kind: Kind, frames: readonly SentFrame[], reports: readonly SenderReport[]): SenderWall {
  const first = frames[0]?.rtpTimestamp ?? 0;
  const stretches: Stretch[] = [];
  for (const { senderMs, rtpTimestamp } of reports) {
    const seconds = ((rtpTimestamp - first) | 0) / CLOCK_RATE[kind];
    const zero = senderMs - 1000 * seconds;
    let stretch = stretches.at(-1);
    if (!stretch || Math.abs(zero - median(stretch.zeros)) > STALL_MS) {
      stretch = { seconds: [], zeros: [] };
      stretches.push(stretch);
    }
    stretch.seconds.push(seconds);
    stretch.zeros.push(zero);
  }
  const distance = ({ seconds }: Stretch, to: number) => Math.min(...seconds.map((one) => Math.abs(one - to)));
  return {
    at(seconds) {
      const nearest = stretches.reduce<Stretch | undefined>(
        (best, one) => (best && distance(best, seconds) <= distance(one, seconds) ? best : one),
        undefined,
      );
      return nearest ? median(nearest.zeros) + 1000 * seconds : Number.NaN;
    },
    scatterMs: median(stretches.flatMap(({ zeros }) => zeros.map((zero) => Math.abs(zero - median(zeros))))),
  };
}
