import { setTimeout as pass } from "node:timers/promises";
import fc from "fast-check";
import { pino } from "pino";
import { GatewayError } from "../errors.ts";
import { writeAnswer } from "../webrtc/answer.ts";
import { planAnswer } from "../webrtc/answerPlan.ts";
import { createMediaSessions } from "../webrtc/mediaSessions.ts";
import { parseOffer } from "../webrtc/offer.ts";
import { hostileCandidate, hostileOffer } from "./hostileOffers.ts";

const LOCAL = {
  iceUfrag: "ufrag",
  icePwd: "password-of-24-characters",
  fingerprint: "sha-256 AB",
  setup: "passive",
  endpoints: [{ address: "192.0.2.1", port: 40_000 }],
  version: 1,
} as const;
/** The library delivers its track from another thread; no real caller hangs up earlier than this. */
const TRACK_HANDED_OVER_MS = 2;
const BOTH = { audio: { receive: true }, video: { receive: true } };

/**
 * Malformed offers are rejected with INVALID_OFFER, or answered with valid SDP.
 *
 * @returns how many were answered.
 */
export function fuzzOffers(seed: number, runs: number): number {
  let answered = 0;
  fc.assert(
    fc.property(hostileOffer, (sdp) => {
      if (refused(() => checkAnswer(sdp))) return;
      answered += 1;
    }),
    { seed, numRuns: runs, verbose: 0 },
  );
  return answered;
}

function checkAnswer(sdp: string): void {
  const offer = parseOffer(sdp);
  const answer = writeAnswer(offer, planAnswer(offer, BOTH), LOCAL);
  const lines = answer.split("\r\n");
  if (lines.pop() !== "" || lines.some((line) => !/^[a-z]=[^\r\n]/.test(line))) throw new Error(`not SDP: ${answer}`);
  if (lines.filter((line) => line.startsWith("m=")).length !== offer.media.length)
    throw new Error("an m-line is missing");
}

/**
 * The same through the library's own parser, with candidates, on a real port: the offers must not crash the
 * process, and must not leak connections.
 *
 * @returns how many the library answered.
 */
export async function fuzzLibrary(seed: number, runs: number, mediaPort: number): Promise<number> {
  const log = pino({ level: "silent" });
  const sessions = createMediaSessions({ mediaPort, bindAddress: "127.0.0.1", announcedIps: [], log });
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(hostileOffer, fc.array(hostileCandidate, { maxLength: 4 }), async (sdp, candidates) => {
      const session = sessions.create({ onReady() {}, onStream() {}, onAdditional() {}, onStalled() {}, onEnded() {} });
      for (const candidate of candidates) session.addRemoteCandidate({ candidate, sdpMid: null, sdpMLineIndex: null });
      try {
        await session.answer(sdp, { ...BOTH, redirects: {} });
        answered += 1;
        await pass(TRACK_HANDED_OVER_MS);
        for (const candidate of candidates)
          session.addRemoteCandidate({ candidate, sdpMid: null, sdpMLineIndex: null });
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
      } finally {
        await session.end("deleted");
      }
    }),
    { seed, numRuns: runs, verbose: 0 },
  );
  await sessions.close();
  return answered;
}

function refused(action: () => void): boolean {
  try {
    action();
    return false;
  } catch (error) {
    if (error instanceof GatewayError && error.code === "INVALID_OFFER") return true;
    throw error;
  }
}
