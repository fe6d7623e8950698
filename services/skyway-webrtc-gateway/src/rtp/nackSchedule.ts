/**
 * When to ask for a missing packet again. Nobody watches a recording while it is made, so unlike a live receiver we ask
 * for as long as the sender may still have the packet.
 *
 * libwebrtc (modules/rtp_rtcp/source/rtp_packet_history.cc) keeps what it sent for one to three seconds, three round
 * trips if that is more, and repeats a packet at most once per round trip. Asking twice per round trip therefore costs
 * little, and makes up for a NACK that was itself lost.
 */

/** Packets that only overtook each other arrive within this time. */
const REORDERING_MS = 10;
const MIN_INTERVAL_MS = 20;
const INTERVAL_PER_ROUND_TRIP = 0.6;
/** Each further time a little later: senders that repeat at every NACK are not flooded. */
const BACK_OFF = 1.25;
const MAX_INTERVAL_MS = 250;
/** Longer than any sender keeps a packet that nobody has asked for. */
const MIN_PATIENCE_MS = 3_500;
const PATIENCE_IN_ROUND_TRIPS = 8;
const MAX_PATIENCE_MS = 6_000;

export interface MissingPacket {
  noticedMs: number;
  /** How often it was asked for. */
  asked: number;
  /** When it was last asked for; ignored while `asked` is 0. */
  askedMs: number;
}

/** The earliest time at which to ask (again). */
export function nextAskMs(missing: MissingPacket, roundTripMs: number): number {
  if (missing.asked === 0) return missing.noticedMs + REORDERING_MS;
  return missing.askedMs + intervalMs(missing.asked, roundTripMs);
}

/** Time to the next question after the one with number `asked`, the first being 1. */
export function intervalMs(asked: number, roundTripMs: number): number {
  const first = Math.max(MIN_INTERVAL_MS, roundTripMs * INTERVAL_PER_ROUND_TRIP);
  return Math.min(MAX_INTERVAL_MS, first * BACK_OFF ** (asked - 1));
}

/** How long a packet is waited for before it is given up. */
export function patienceMs(roundTripMs: number): number {
  return Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, roundTripMs * PATIENCE_IN_ROUND_TRIPS));
}
