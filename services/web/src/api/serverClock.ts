/** The Date header has whole seconds and some delay; smaller differences are ignored. */
const TOLERANCE_MS = 2_000;

let aheadMs = 0;

/** Measures from a Date header how far the server's clock is ahead of the local one, so that elapsed times are right. */
export function noteServerTime(header: string | null, now = Date.now()): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  aheadMs = Math.abs(server - now) > TOLERANCE_MS ? server - now : 0;
}

/** Unix milliseconds by the server's clock. */
export function serverNow(now = Date.now()): number {
  return now + aheadMs;
}
