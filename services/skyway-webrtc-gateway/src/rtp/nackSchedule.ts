/**
 * When to request a missing packet again. Latency does not matter in a recording, so unlike a live receiver the gateway
 * requests a packet for as long as the sender may still have it.
 *
 * libwebrtc (modules/rtp_rtcp/source/rtp_packet_history.cc) keeps sent packets for one to three seconds, or three round
 * trips if that is longer, and retransmits a packet at most once per round trip. Requesting twice per round trip
 * therefore costs little, and compensates for a lost NACK.
 */

/** Packets that are only reordered arrive within this time. */
const REORDERING_MS = 10;
const MIN_INTERVAL_MS = 20;
const INTERVAL_PER_ROUND_TRIP = 0.6;
/** Intervals grow slightly, so that senders that answer every NACK are not flooded. */
const BACK_OFF = 1.25;
const MAX_INTERVAL_MS = 250;
/** Longer than any sender keeps a packet that was not requested. */
const MIN_WAIT_MS = 3_500;
const WAIT_IN_ROUND_TRIPS = 8;
const MAX_WAIT_MS = 6_000;

export interface MissingPacket {
  noticedMs: number;
  /** How often it was requested. */
  requests: number;
  /** When it was last requested; ignored while `requests` is 0. */
  requestedMs: number;
}

/** The earliest time for the next request. */
export function nextRequestMs(missing: MissingPacket, roundTripMs: number): number {
  if (missing.requests === 0) return missing.noticedMs + REORDERING_MS;
  return missing.requestedMs + intervalMs(missing.requests, roundTripMs);
}

/** Time from request number `requests` (the first is 1) to the next one. */
export function intervalMs(requests: number, roundTripMs: number): number {
  const first = Math.max(MIN_INTERVAL_MS, roundTripMs * INTERVAL_PER_ROUND_TRIP);
  return Math.min(MAX_INTERVAL_MS, first * BACK_OFF ** (requests - 1));
}

/** How long to wait for a packet before giving it up. */
export function maxWaitMs(roundTripMs: number): number {
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, roundTripMs * WAIT_IN_ROUND_TRIPS));
}
