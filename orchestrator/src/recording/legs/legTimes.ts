import type { ManifestLeg } from "../../archive/library/manifest.ts";

/** Media may be dated this much after the end of its leg that was noticed. */
const TOLERANCE_SECONDS = 1;

/**
 * A leg's media does not begin before it rang, whatever its sender's clock says. But a caller's further tracks do: the
 * gateway holds them until their leg has a recorder.
 *
 * @param unixMs when it seems to begin.
 */
export function notBeforeRinging(
  unixMs: number,
  { ringingAt, beside }: Pick<ManifestLeg, "ringingAt" | "beside">,
): number {
  return beside === undefined ? Math.max(unixMs, Date.parse(ringingAt)) : unixMs;
}

/**
 * The length of a recording, at most that of its leg: with some gateways, the timestamps of a sender decide how long a
 * file says it is, and that may be years.
 *
 * @param startMs when the recording began, Unix time.
 */
export function boundedSeconds(
  { durationSeconds }: { durationSeconds: number },
  { endedAt }: { endedAt: string },
  startMs: number,
): number {
  const longest = (Date.parse(endedAt) - startMs) / 1000 + TOLERANCE_SECONDS;
  return Math.min(durationSeconds, Math.max(0, longest));
}
