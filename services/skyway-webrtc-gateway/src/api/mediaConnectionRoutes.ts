import type { FastifyRequest } from "fastify";
import type { AdditionalConnection } from "../connections/additionalConnection.ts";
import type { MediaConnection } from "../connections/mediaConnection.ts";
import type { MediaConnections } from "../connections/mediaConnections.ts";
import type { ContentPorts } from "../content/contentPorts.ts";
import { MediaFeed } from "../content/mediaFeed.ts";
import { GatewayError } from "../errors.ts";
import type { Peers } from "../peers/peers.ts";
import { address } from "./address.ts";
import {
  answerOptions,
  callOptions,
  feedIds,
  mediaIds,
  mediaOptions,
  redirectOptions,
  redirectsOf,
} from "./answerFields.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";
import { longPoll } from "./longPoll.ts";
import { metadataText } from "./metadataText.ts";
import { OPERATIONS } from "./operations.ts";
import { tracksBody } from "./tracksBody.ts";

const ID = "media_connection_id";
/** Why a call is refused: an addition to the API, for the other peer. */
const REASON = /^[A-Z_]{1,40}$/;

export function mediaConnectionRoutes(connections: MediaConnections, peers: Peers, ports: ContentPorts): Handlers {
  const findAny = (request: FastifyRequest): MediaConnection | AdditionalConnection => {
    const connection = connections.find((request.params as { [ID]: string })[ID]);
    if (connection) return connection;
    throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
  };
  const find = (request: FastifyRequest): MediaConnection | AdditionalConnection => {
    const connection = findAny(request);
    if (!connection.isGone) return connection;
    throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
  };

  return {
    async callPeer(request, reply) {
      const options = readFields(callOptions, request.body);
      const peer = peers.findRunning(options.peer_id, options.token);
      const feed = new MediaFeed(ports, feedIds(options));
      const { metadata } = options.constraints;
      const connection = await peer.call(options.target_id, metadata ?? undefined, mediaOptions(options), feed);
      reply.code(202);
      return { command_type: OPERATIONS.callPeer.commandType, params: { [ID]: connection.id } };
    },

    async answerCall(request, reply) {
      const connection = find(request);
      const options = readFields(answerOptions, request.body);
      await connection.answer(mediaOptions(options), new MediaFeed(ports, feedIds(options)));
      reply.code(202);
      return { command_type: OPERATIONS.answerCall.commandType, params: mediaIds(options) };
    },

    async requestKeyframe(request, reply) {
      find(request).requestKeyframe(readFields(address, request.body));
      reply.code(201);
      return {};
    },

    async redirectMedia(request) {
      const connection = find(request);
      const { redirect_params, seamless } = readFields(redirectOptions, request.body);
      const report = () => ({ ...tracksBody(connection), turned_unix_ms: Date.now() });
      if (seamless) return connection.redirectAtKeyframe(redirectsOf(redirect_params), report);
      // Report the part that ends here: after the redirect, `tracks` describes the next part.
      const before = tracksBody(connection);
      connection.redirect(redirectsOf(redirect_params));
      return before;
    },

    async deleteMediaConnection(request, reply) {
      const connection = findAny(request);
      if (!connection.isDeletable) throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
      const { reason } = request.query as { reason?: unknown };
      await connection.release(typeof reason === "string" && REASON.test(reason) ? reason : undefined);
      reply.code(204);
    },

    // After a connection has ended, CLOSE can still be read, and its tracks for some time after that.
    mediaEvents: (request, reply) => longPoll(findAny(request).events, ID, request, reply),

    async mediaStatus(request) {
      const { isOpen, metadata, remoteId } = find(request);
      return { open: isOpen, metadata: metadataText(metadata), remote_id: remoteId };
    },

    async mediaTracks(request) {
      return tracksBody(findAny(request));
    },
  };
}
