import { writeAnswer } from "./answer.ts";
import type { AnsweredMedia, KindAgreement } from "./answerPlan.ts";
import type { LocalEnd } from "./libraryDescription.ts";
import { candidates, type Endpoint } from "./localTransport.ts";
import type { Kind, RemoteCandidate } from "./mediaSession.ts";
import type { Offer } from "./offer.ts";
import type { PeerTransport } from "./peerTransport.ts";

/** What both sides have agreed on. A renegotiation or an ICE restart replaces it. */
export interface Agreement {
  /** The newest one. */
  transport: PeerTransport;
  /** Our end of it, as in our latest description. */
  local: LocalEnd;
  media: readonly AnsweredMedia[];
  kinds: Record<Kind, KindAgreement>;
  /** See `planAnswer`. */
  maxTracks: number;
  /** The peer's latest description: an offer, or the answer to ours. */
  offer: Offer;
  /** The version of our description (RFC 3264, section 8). */
  version: number;
}

/** Remembers what each kind is first received as. */
export function kindsOf(
  media: readonly AnsweredMedia[],
  before: Record<Kind, Pick<KindAgreement, "options"> & Partial<KindAgreement>>,
): Record<Kind, KindAgreement> {
  const of = (kind: Kind): KindAgreement => {
    const received = media
      .filter((one) => one.state === "received")
      .find((one) => one.kind === kind && !one.isAdditional);
    return { options: before[kind].options, received: before[kind].received ?? received };
  };
  return { audio: of("audio"), video: of("video") };
}

/** Our description in answer to the peer's latest offer. */
export function describeAnswer({ offer, media, local, version }: Agreement, endpoints: readonly Endpoint[]): string {
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
