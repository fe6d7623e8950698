import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import { HELD_MEDIA_LIMIT_MS, NOT_WANTED } from "../webrtc/heldMedia.ts";
import type { EndReason, MediaSession } from "../webrtc/mediaSession.ts";

/** How long to wait for a session to end, besides the time that held media waits for its receiver. */
const END_LIMIT_MS = 10_000;

/**
 * How long CLOSE waits for the message of a caller that has closed its transport. skyway-js closes the transport before
 * it sends FORCE_CLOSE, and the message takes longer because it passes signalling. BYE does not wait. The orchestrator
 * expects CLOSE within a second after a recorder ended.
 */
export const HANG_UP_MESSAGE_LIMIT_MS = 300;

/** Why a call ended; `tracks` reports it. */
export type CallEnd = EndReason | "offer_expired" | "no_answer" | "peer_unavailable";

/** A call that could not be made. */
export type CallFailure = "no_answer" | "peer_unavailable" | "ice_failed";

/** The message of the ERROR event. */
export const FAILURES: Record<CallFailure, string> = {
  no_answer: "the peer did not answer",
  peer_unavailable: "there is no peer with this id",
  ice_failed: "the connection could not be made",
};

/** Ends before there was any media: the session does not distinguish them. */
const SESSION_ENDS: Partial<Record<CallEnd, EndReason>> = {
  offer_expired: "deleted",
  no_answer: "deleted",
  peer_unavailable: "leave",
};

/**
 * Ends that the caller has announced on signalling, or that signalling cannot deliver. A caller that only closes its
 * connection still gets FORCE_CLOSE, because others may act for it on signalling.
 */
const CALLER_KNOWS: ReadonlySet<CallEnd> = new Set(["force_close", "leave", "peer_unavailable"]);

export function isKnownToCaller(reason: CallEnd): boolean {
  return CALLER_KNOWS.has(reason);
}

/** Ends a session. Resolves after the limit at the latest, and if the session fails to end. */
export async function endSession(session: MediaSession, reason: CallEnd, clock: Clock, log: Logger): Promise<void> {
  let cancel = () => {};
  const end = SESSION_ENDS[reason] ?? (reason as EndReason);
  const heldMs = session.isHeld && !NOT_WANTED.has(end) ? HELD_MEDIA_LIMIT_MS : 0;
  const limit = new Promise<void>((resolve) => {
    cancel = clock.after(END_LIMIT_MS + heldMs, resolve);
  });
  const ended = session.end(end);
  await Promise.race([ended, limit]).catch((error) => log.error({ err: error }, "session did not end well"));
  cancel();
}
