import { CLOCK_RATE, type Kind, type SentFrame } from "./sentMedia.ts";
import { median } from "./statistics.ts";

/** A pair of the sender's wall clock and media clock. */
export interface SenderReport {
  senderMs: number;
  rtpTimestamp: number;
}

/** A larger difference is not scatter: the media clock was stopped, for example by a stalled sound card. */
const STALL_MS = 30;

/** The sender's wall clock, derived from its reports. */
export interface SenderWall {
  /** Unix milliseconds of a track time in seconds after the first frame. */
  at(seconds: number): number;
  /** Median distance of the reports from the derived clock. */
  scatterMs: number;
  /** How often the reports contradict earlier ones: the media clock was stopped, or the sender computed them late. */
  steps: number;
}

interface Stretch {
  /** Track times of the reports, in seconds. */
  seconds: number[];
  /** Time of the track's first frame according to each report. */
  zeros: number[];
}

/** Uses the reports around each moment; if many agree, their median. */
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
    steps: Math.max(0, stretches.length - 1),
  };
}
