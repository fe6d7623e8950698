import { z } from "zod";
import { type RefusedOffer, SignalingError } from "../errors.ts";
import { ConnectionId, PeerId } from "../ids.ts";
import { Answer, CandidateMessage, Offer, type PeerMessage, refusedOffer } from "../messages.ts";

const OfferEnvelope = z.object({ type: z.literal("OFFER"), dst: PeerId, payload: z.looseObject({}) });
const AnswerEnvelope = z.object({ type: z.literal("ANSWER"), dst: PeerId, payload: z.looseObject({}) });
const CandidateEnvelope = z.object({ type: z.literal("CANDIDATE"), dst: PeerId, payload: z.looseObject({}) });
/** HEARTBEAT, and messages of other PeerServer clients: LEAVE, EXPIRE. */
const Other = z.object({ type: z.string() });
const Envelope = z.union([OfferEnvelope, AnswerEnvelope, CandidateEnvelope, Other]);

const Payload = z.looseObject({
  connectionId: ConnectionId,
  type: z.enum(["media", "data"]).optional(),
  serialization: z.string().optional(),
  reliable: z.boolean().optional(),
});

/** PeerJS names of serializations, mapped to skyway-js names. */
const SKYWAY_SERIALIZATION: Readonly<Record<string, string>> = { raw: "none" };

/**
 * Parses one message of PeerJS.
 *
 * @returns undefined for HEARTBEAT and other messages that are not for another peer.
 * @throws SignalingError INVALID_MESSAGE
 */
export function parsePeerJsMessage(text: string): PeerMessage | undefined {
  const envelope = checked(Envelope, parseJson(text));
  if (!("payload" in envelope)) {
    if (["OFFER", "ANSWER", "CANDIDATE"].includes(envelope.type)) throw new SignalingError("INVALID_MESSAGE");
    return undefined;
  }
  const { type, dst } = envelope;
  const payload = checked(Payload, envelope.payload);
  const { connectionId, type: connectionType } = payload;
  const address = { dst, connectionId, connectionType };
  if (type === "ANSWER") return { event: "ANSWER", body: checked(Answer, { ...address, answer: payload["sdp"] }) };
  if (type === "CANDIDATE") {
    return { event: "CANDIDATE", body: checked(CandidateMessage, { ...address, candidate: payload["candidate"] }) };
  }
  const { serialization, reliable } = payload;
  const offer = {
    ...address,
    offer: payload["sdp"],
    metadata: payload["metadata"],
    label: payload["label"],
    ...(serialization !== undefined && { serialization: SKYWAY_SERIALIZATION[serialization] ?? serialization }),
    ...(reliable !== undefined && { dcInit: { ordered: reliable } }),
  };
  return { event: "OFFER", body: checked(Offer, offer, refusedOffer(offer)) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SignalingError("INVALID_MESSAGE", {}, { cause: error });
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, offer?: RefusedOffer): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error) throw new SignalingError("INVALID_MESSAGE", { place: (error.issues[0]?.path ?? []).join(".") }, { offer });
  return data as z.output<Schema>;
}
