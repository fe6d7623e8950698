import { z } from "zod";

/** An SDP of a browser with every codec has some 8 kB; metadata is the page's own. */
export const MESSAGE_LIMIT_BYTES = 256 * 1024;

const peerId = z.string().min(1).max(64);
const connectionId = z.string().min(1).max(128);
const connectionType = z.enum(["media", "data"]);
const address = { dst: peerId, connectionId: connectionId.optional(), connectionType: connectionType.optional() };

/**
 * What clients may send, by event name. Fields beyond these are relayed as they are: pages of other SDK
 * versions carry some, and the receiver reads only what it knows.
 */
export const CLIENT_MESSAGES = {
  SEND_OFFER: { relayedAs: "OFFER", schema: z.looseObject({ ...address, offer: z.looseObject({ sdp: z.string() }) }) },
  SEND_ANSWER: {
    relayedAs: "ANSWER",
    schema: z.looseObject({ ...address, answer: z.looseObject({ sdp: z.string() }) }),
  },
  SEND_CANDIDATE: { relayedAs: "CANDIDATE", schema: z.looseObject({ ...address, candidate: z.unknown() }) },
  SEND_LEAVE: { relayedAs: "LEAVE", schema: z.looseObject(address) },
  SEND_FORCE_CLOSE: { relayedAs: "FORCE_CLOSE", schema: z.looseObject(address) },
} as const;

export type ClientMessage = keyof typeof CLIENT_MESSAGES;

/** What a client says of itself when it connects. */
export const HANDSHAKE = z.object({
  apiKey: z.string(),
  token: z.string().min(1).max(256).optional(),
  peerId: z.string().max(256).optional(),
});
