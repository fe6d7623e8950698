import { z } from "zod";

/** Messages from signalling, as far as the gateway reads them. Other SDKs add their own fields. */

const sdp = z.object({ sdp: z.string().min(1) });
const connectionType = z.enum(["media", "data"]).catch("media");

export const OPEN = z.object({ peerId: z.string().min(1) });

export const OFFER = z.object({
  src: z.string().min(1),
  connectionId: z.string().min(1),
  connectionType,
  offer: sdp,
  metadata: z.unknown().optional(),
  /** For data connections. */
  label: z.string().catch("").default(""),
  serialization: z.string().catch("binary").default("binary"),
  dcInit: z.object({ maxPacketLifeTime: z.int().optional(), maxRetransmits: z.int().optional() }).catch({}).default({}),
});
export type Offer = z.infer<typeof OFFER>;

/** What an offer needs to be refused. */
export const REFUSABLE_OFFER = z.object({ src: z.string().min(1), connectionId: z.string().min(1), connectionType });

export const ANSWER = z.object({
  src: z.string().min(1),
  connectionId: z.string().min(1),
  connectionType,
  answer: sdp,
});
export type Answer = z.infer<typeof ANSWER>;

export const CANDIDATE = z.object({
  src: z.string().min(1),
  connectionId: z.string().min(1),
  candidate: z.object({
    candidate: z.string(),
    sdpMid: z.string().nullish().default(null),
    sdpMLineIndex: z.int().min(0).nullish().default(null),
  }),
});
export type Candidate = z.infer<typeof CANDIDATE>;

export const FORCE_CLOSE = z.object({ src: z.string().min(1), connectionId: z.string().min(1) });
export type ForceClose = z.infer<typeof FORCE_CLOSE>;

/** The id of the peer that left. */
export const LEAVE = z.string().min(1);

/** Seconds. */
export const AUTH_EXPIRES_IN = z.coerce.number();

/** Some servers send a plain string. */
export const ERROR = z
  .union([
    z.object({
      type: z.string().catch("server-error"),
      message: z.string().catch(""),
      /** The affected connection, if any. */
      dst: z.string().optional().catch(undefined),
      connectionId: z.string().optional().catch(undefined),
    }),
    z.string().transform((message) => ({ type: "server-error", message, dst: undefined, connectionId: undefined })),
  ])
  .catch({ type: "server-error", message: "", dst: undefined, connectionId: undefined });
export type SignalingErrorMessage = z.infer<typeof ERROR>;

export const MESSAGES = { OFFER, ANSWER, CANDIDATE, FORCE_CLOSE, LEAVE, AUTH_EXPIRES_IN } as const;
export type Messages = { [Name in keyof typeof MESSAGES]: z.infer<(typeof MESSAGES)[Name]> };
