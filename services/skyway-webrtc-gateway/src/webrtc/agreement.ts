import { writeAnswer } from "./answer.ts";
import type { AnsweredMedia } from "./answerPlan.ts";
import type { LocalEnd } from "./libraryDescription.ts";
import { candidates, type Endpoint } from "./localTransport.ts";
import type { RemoteCandidate } from "./mediaSession.ts";
import type { Offer } from "./offer.ts";
import type { PeerTransport } from "./peerTransport.ts";

/** What both sides have agreed on. A renegotiation or an ICE restart replaces it. */
export interface Agreement {
  /** The newest one. */
  transport: PeerTransport;
  /** Our end of it, as in our latest description. */
  local: LocalEnd;
  /** The media of the first agreement. */
  media: readonly AnsweredMedia[];
  /** The peer's latest description: an offer, or the answer to ours. */
  offer: Offer;
  /** The version of our description (RFC 3264, section 8). */
  version: number;
}

/** Our description in answer to the peer's latest offer. */
export function describeAnswer(
  { offer, local, version }: Agreement,
  media: readonly AnsweredMedia[],
  endpoints: readonly Endpoint[],
): string {
  return writeAnswer(offer, media, { ...local, endpoints, version });
}

/** Our candidates, for the m-line that has the transport. */
export function localCandidates({ offer }: Agreement, endpoints: readonly Endpoint[]): RemoteCandidate[] {
  const { mid: sdpMid } = offer.transport;
  const sdpMLineIndex = transportIndex(offer);
  return candidates({ endpoints }).map((candidate) => ({ candidate, sdpMid, sdpMLineIndex }));
}

/** Whether a candidate belongs to the m-line that has the transport. */
export function isForTransport({ sdpMid, sdpMLineIndex }: RemoteCandidate, { offer }: Agreement): boolean {
  if (sdpMid !== null) return sdpMid === offer.transport.mid;
  return sdpMLineIndex === null || sdpMLineIndex === transportIndex(offer);
}

function transportIndex({ media, transport }: Offer): number {
  return media.findIndex(({ mid }) => mid === transport.mid);
}
