/**
 * Maps the sender's wall clock to ours. One per connection, shared by its tracks, so that they stay exactly aligned
 * whatever the network does.
 *
 * Every sender report arrives later than it was sent, because of propagation and queueing. The reports with the least
 * queueing form the lower edge of all points (sender's time, arrival − sender's time); the slope of this edge is the
 * drift between the two clocks. (Zhang, Liu, Xia: "Clock synchronization algorithms for network measurements", 2002:
 * the edge of the lower convex hull above the mean.)
 */

/** Over a shorter span, queueing delay would be mistaken for drift. */
const MIN_SPAN_FOR_DRIFT_MS = 60_000;
/** Crystal oscillators are accurate to 100 ppm; a much larger slope is not drift. */
const MAX_DRIFT = 500e-6;
/** One report per bucket is enough: the one with the least delay. */
const BUCKET_MS = 5_000;

interface Point {
  /** Sender's time, in milliseconds. */
  x: number;
  /** Arrival on our clock minus the sender's time, in milliseconds. */
  y: number;
}

export interface ClockMapping {
  /** Converts the sender's time to ours. */
  toGatewayMs(senderMs: number): number;
  /** Our seconds per second of the sender's clock. */
  rate: number;
}

export class SenderClock {
  /** The least delayed report of each bucket, in the order of the sender's time. */
  readonly #points: Point[] = [];

  observe(senderMs: number, arrivalMs: number): void {
    const point = { x: senderMs, y: arrivalMs - senderMs };
    const last = this.#points.at(-1);
    const bucketsAhead = last ? Math.floor(senderMs / BUCKET_MS) - Math.floor(last.x / BUCKET_MS) : 1;
    if (last === undefined || bucketsAhead > 0) this.#points.push(point);
    else if (bucketsAhead === 0 && point.y < last.y) this.#points[this.#points.length - 1] = point;
  }

  /** Undefined before the first report. */
  mapping(): ClockMapping | undefined {
    const [first, ...rest] = this.#points;
    if (first === undefined) return undefined;
    const drift = driftOf(this.#points);
    let shift = first.y;
    for (const { x, y } of rest) shift = Math.min(shift, y - drift * (x - first.x));
    return { toGatewayMs: (senderMs) => senderMs + shift + drift * (senderMs - first.x), rate: 1 + drift };
  }
}

function driftOf(points: readonly Point[]): number {
  const first = points[0] as Point;
  const last = points.at(-1) as Point;
  if (last.x - first.x < MIN_SPAN_FOR_DRIFT_MS) return 0;
  const mean = points.reduce((sum, { x }) => sum + (x - first.x), 0) / points.length + first.x;
  const hull = lowerHull(points);
  const after = hull.findIndex(({ x }) => x >= mean);
  const right = hull[Math.max(1, after)] as Point;
  const left = hull[Math.max(1, after) - 1] as Point;
  const drift = (right.y - left.y) / (right.x - left.x);
  return Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, drift));
}

/** Andrew's monotone chain; the points must be sorted. */
function lowerHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    while (hull.length >= 2) {
      const a = hull.at(-2) as Point;
      const b = hull.at(-1) as Point;
      if ((b.x - a.x) * (point.y - a.y) > (b.y - a.y) * (point.x - a.x)) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}
