import { z } from "zod";
import type { ErrorMessage, RefusedOffer } from "./errors.ts";
import { ConnectionId, PeerId } from "./ids.ts";
import { isPlainData } from "./plainData.ts";

const sdp = z.string().max(200_000);
/** A page with many cameras offers about ten. Answering hundreds takes the gateway seconds. */
const MAX_MEDIA_LINES = 128;
/** Ten cameras have about 1,100. A gateway takes half a second for tens of thousands. */
const MAX_LINES = 6_000;
const offeredSdp = sdp
  .startsWith("v=0", "is not a session description")
  .refine((text) => text.split("\n", MAX_LINES + 2).length <= MAX_LINES + 1, "has too many lines")
  .refine((text) => text.split("\nm=", MAX_MEDIA_LINES + 2).length <= MAX_MEDIA_LINES + 1, "has too many m-lines");
const text = z.string().max(1_024);
const address = { dst: PeerId, connectionId: ConnectionId, connectionType: z.enum(["media", "data"]).optional() };

const Candidate = z.object({
  candidate: text,
  sdpMid: text.nullish(),
  sdpMLineIndex: z.int().min(0).max(65_535).nullish(),
  usernameFragment: text.nullish(),
});

const DataChannelInit = z.object({
  ordered: z.boolean().optional(),
  maxPacketLifeTime: z.int().nullish(),
  maxRetransmits: z.int().nullish(),
  protocol: text.optional(),
  negotiated: z.boolean().optional(),
  id: z.int().nullish(),
  priority: text.optional(),
});

export const Offer = z.object({
  ...address,
  offer: z.object({ type: z.literal("offer"), sdp: offeredSdp }),
  metadata: z.unknown().refine(isPlainData, "is nested too deep").optional(),
  label: text.optional(),
  serialization: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/)
    .optional(),
  dcInit: DataChannelInit.optional(),
});
export const Answer = z.object({ ...address, answer: z.object({ type: z.literal("answer"), sdp }) });
export const CandidateMessage = z.object({ ...address, candidate: Candidate });
/** A code, for a call that is refused. The clients of SkyWay ignore it. */
const Reason = z
  .string()
  .regex(/^[A-Z_]{1,40}$/)
  .optional()
  .catch(undefined);
export const ForceClose = z.object({ dst: PeerId, connectionId: ConnectionId, reason: Reason });

/** What is left of an invalid offer if its connection can still be told; undefined otherwise. */
export function refusedOffer(body: unknown): RefusedOffer | undefined {
  const { data } = z
    .object({ ...address, connectionType: address.connectionType.catch(undefined), offer: z.unknown() })
    .safeParse(body);
  if (!data) return undefined;
  const { dst, connectionId, connectionType, offer } = data;
  const text = z.object({ sdp }).safeParse(offer).data?.sdp ?? "";
  return { dst, connectionId, connectionType, sdp: text };
}

/** Whether signalling relays this SDP as an offer. */
export function isOfferable(text: string): boolean {
  return offeredSdp.safeParse(text).success;
}

/** A message from one peer to another. It has no sender field, because signalling knows the sender. */
export type PeerMessage =
  | { event: "OFFER"; body: z.infer<typeof Offer> }
  | { event: "ANSWER"; body: z.infer<typeof Answer> }
  | { event: "CANDIDATE"; body: z.infer<typeof CandidateMessage> }
  | { event: "FORCE_CLOSE"; body: z.infer<typeof ForceClose> };

type Sent<Message> = Message extends { event: infer Event; body: infer Body }
  ? { event: Event; body: Body & { src: PeerId } }
  : never;

/** A message from signalling to a client. */
export type ServerMessage =
  | { event: "OPEN"; body: { peerId: PeerId } }
  | { event: "ERROR"; body: ErrorMessage }
  | { event: "LEAVE"; body: PeerId }
  | { event: "AUTH_EXPIRES_IN"; body: number }
  | Sent<PeerMessage>;
