import type { ExtendedTimestamp } from "../arithmetic.ts";

/**
 * Maps a track's RTP timestamps to the sender's wall clock: a straight line through all its sender reports (RFC 3550,
 * section 6.4.1). A single report is only accurate to about 10 ms, because browsers compute it from the last frame they
 * sent; the line through many is more accurate than any of them.
 */

/** Standard deviation of a browser's reports. */
const REPORT_SIGMA_MS = 5;
/** Typical drift of sound cards. Short calls cannot show the drift, so the fit prefers none. */
const RATE_SIGMA = 50e-6;
/** Reports further from the line than this get less weight (Huber). */
const OUTLIER_MS = 10;
const ROUNDS = 8;
/** Above this number, every second report is dropped: about one hour of video. */
const MAX_REPORTS = 4_096;

export interface ClockLine {
  /** The sender's wall clock in milliseconds for a timestamp. */
  toSenderMs(timestamp: ExtendedTimestamp): number;
  /** Seconds of the sender's wall clock per second of timestamps. */
  rate: number;
}

interface Report {
  mediaMs: number;
  senderMs: number;
}

export class MediaClock {
  readonly #clockRate: number;
  #reports: Report[] = [];

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  observe(timestamp: ExtendedTimestamp, senderMs: number): void {
    this.#reports.push({ mediaMs: this.#toMs(timestamp), senderMs });
    if (this.#reports.length > MAX_REPORTS) this.#reports = this.#reports.filter((_, index) => index % 2 === 0);
  }

  /** Undefined before the first report. */
  line(): ClockLine | undefined {
    const origin = this.#reports[0];
    if (origin === undefined) return undefined;
    const points = this.#reports.map(({ mediaMs, senderMs }) => ({
      x: mediaMs - origin.mediaMs,
      // Distance from a clock without drift: small numbers, so that squares keep their precision.
      y: senderMs - origin.senderMs - (mediaMs - origin.mediaMs),
    }));
    const { slope, intercept } = fitLine(points);
    return {
      toSenderMs: (timestamp) => {
        const x = this.#toMs(timestamp) - origin.mediaMs;
        return origin.senderMs + x + intercept + slope * x;
      },
      rate: 1 + slope,
    };
  }

  #toMs(timestamp: ExtendedTimestamp): number {
    return (timestamp / this.#clockRate) * 1000;
  }
}

/** Least squares with a prior for the slope, repeated with less weight for outliers. */
function fitLine(points: readonly { x: number; y: number }[]): { slope: number; intercept: number } {
  const prior = (REPORT_SIGMA_MS / RATE_SIGMA) ** 2;
  let slope = 0;
  let intercept = median(points.map(({ y }) => y));
  for (let round = 0; round < ROUNDS; round++) {
    let weights = 0;
    let sumX = 0;
    let sumY = 0;
    const weightOf = ({ x, y }: { x: number; y: number }) =>
      Math.min(1, OUTLIER_MS / Math.max(1e-9, Math.abs(y - intercept - slope * x)));
    for (const point of points) {
      const weight = weightOf(point);
      weights += weight;
      sumX += weight * point.x;
      sumY += weight * point.y;
    }
    const meanX = sumX / weights;
    const meanY = sumY / weights;
    let covariance = 0;
    let variance = prior;
    for (const point of points) {
      const weight = weightOf(point);
      covariance += weight * (point.x - meanX) * (point.y - meanY);
      variance += weight * (point.x - meanX) ** 2;
    }
    slope = covariance / variance;
    intercept = meanY - slope * meanX;
  }
  return { slope, intercept };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
