import { z } from "zod";
import type { PeerOptions } from "../peers/peers.ts";

export const credential = z.object({
  timestamp: z.int(),
  ttl: z.int().min(600).max(90_000),
  authToken: z.string().min(1),
});

/** Body of POST /peers. */
export const peerOptions = z
  .object({
    key: z.string().min(1),
    /** Required by the protocol, but no longer used. */
    domain: z.string().min(1),
    peer_id: z.string().min(1).nullish(),
    turn: z.boolean().nullish(),
    credential: credential.nullish(),
  })
  .transform(({ key, peer_id, credential }, context): PeerOptions => {
    // The token signs the peer id as well.
    if (credential && !peer_id)
      context.addIssue({ code: "custom", path: ["peer_id"], message: "required with credential" });
    return { key, peerId: peer_id ?? undefined, credential: credential ?? undefined };
  });

/** Fields of every request about an existing peer. */
export const peerAddress = z.object({ peer_id: z.string().min(1), token: z.string().min(1) });
