/** The Date header has whole seconds and is a moment old; a smaller difference says nothing. */
const TOLERANCE_MS = 2_000;

let aheadMs = 0;

/** Learns from a Date header how far the server's clock is ahead of this one, so that running times are right. */
export function noteServerTime(header: string | null, now = Date.now()): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  aheadMs = Math.abs(server - now) > TOLERANCE_MS ? server - now : 0;
}

/** Unix milliseconds by the server's clock. */
export function serverNow(now = Date.now()): number {
  return now + aheadMs;
}
