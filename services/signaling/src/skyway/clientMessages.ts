import { SignalingError } from "../errors.ts";
import { Answer, CandidateMessage, ForceClose, Offer, type PeerMessage, refusedOffer } from "../messages.ts";

/** Messages of skyway-js to other peers, by their names on the wire. */
const CLIENT_MESSAGES = {
  SEND_OFFER: { event: "OFFER", schema: Offer },
  SEND_ANSWER: { event: "ANSWER", schema: Answer },
  SEND_CANDIDATE: { event: "CANDIDATE", schema: CandidateMessage },
  SEND_FORCE_CLOSE: { event: "FORCE_CLOSE", schema: ForceClose },
} as const;

export function isPeerMessage(name: string): name is keyof typeof CLIENT_MESSAGES {
  return Object.hasOwn(CLIENT_MESSAGES, name);
}

/** @throws SignalingError INVALID_MESSAGE with the path of the invalid field. */
export function parsePeerMessage(name: keyof typeof CLIENT_MESSAGES, body: unknown): PeerMessage {
  const { event, schema } = CLIENT_MESSAGES[name];
  const { data, error } = schema.safeParse(body);
  if (data) return { event, body: data } as PeerMessage;
  const path = error.issues[0]?.path ?? [];
  const offer = event === "OFFER" ? refusedOffer(body) : undefined;
  const place = [name, ...path].join(".");
  const about = offer ? { dst: offer.dst, connectionId: offer.connectionId, place } : { place };
  throw new SignalingError("INVALID_MESSAGE", about, { cause: error, offer });
}
