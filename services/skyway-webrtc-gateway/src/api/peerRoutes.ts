import type { FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";
import type { Peers } from "../peers/peers.ts";
import type { PublishedPort } from "../webrtc/publishedPort.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";
import { longPoll } from "./longPoll.ts";
import { OPERATIONS } from "./operations.ts";
import { credential, peerAddress, peerOptions } from "./peerFields.ts";

/** @param publishedPort while it is unknown, no peer can be created. */
export function peerRoutes(peers: Peers, publishedPort: PublishedPort): Handlers {
  const find = (request: FastifyRequest, kind: "find" | "findRunning" = "findRunning") => {
    const { peer_id, token } = readFields(peerAddress, {
      ...(request.query as object),
      ...(request.params as object),
    });
    return peers[kind](peer_id, token);
  };

  return {
    async createPeer(request, reply) {
      if (!publishedPort.isKnown) throw new GatewayError("PUBLISHED_PORT_UNKNOWN");
      const peer = await peers.create(readFields(peerOptions, request.body));
      reply.code(201);
      return { command_type: OPERATIONS.createPeer.commandType, params: peer.params };
    },

    async deletePeer(request, reply) {
      await peers.close(find(request), "peer_deleted");
      reply.code(204);
    },

    async updateCredential(request) {
      const peer = find(request);
      const renewed = readFields(credential, request.body);
      peer.updateCredential(renewed);
      return { command_type: OPERATIONS.updateCredential.commandType, params: { credential: renewed } };
    },

    // CLOSE can still be read after a peer was closed.
    peerEvents: (request, reply) => longPoll(find(request, "find").events, "peer_id", request, reply),

    async peerStatus(request) {
      const peer = find(request);
      return { peer_id: peer.id, disconnected: peer.disconnected };
    },
  };
}
