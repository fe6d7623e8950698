import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { type DataConnection, SERIALIZATIONS } from "../connections/dataConnection.ts";
import type { DataConnections } from "../connections/dataConnections.ts";
import { GatewayError } from "../errors.ts";
import type { Peers } from "../peers/peers.ts";
import { address } from "./address.ts";
import { MAX_ID_CHARACTERS } from "./answerFields.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";
import { longPoll } from "./longPoll.ts";
import { metadataText } from "./metadataText.ts";
import { OPERATIONS } from "./operations.ts";

const ID = "data_connection_id";
const MAX_RETRANSMISSIONS = 65_535;

/** The Rust client sends an empty string if there is no data id. */
const connectOptions = z.object({
  peer_id: z.string().min(1),
  token: z.string().min(1),
  target_id: z.string().min(1).max(MAX_ID_CHARACTERS),
  /** Absent or empty: receive only. */
  params: z.object({ data_id: z.string().nullish() }),
  options: z
    .object({
      metadata: z.unknown().optional(),
      serialization: z.string().toUpperCase().pipe(z.enum(SERIALIZATIONS)).nullish(),
      dcInit: z
        .object({
          ordered: z.boolean().nullish(),
          maxPacketLifeTime: z.int().min(0).max(MAX_RETRANSMISSIONS).nullish(),
          maxRetransmits: z.int().min(0).max(MAX_RETRANSMISSIONS).nullish(),
          protocol: z.string().max(1_024).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  redirect_params: address.nullish(),
});

const putOptions = z.object({
  feed_params: z.object({ data_id: z.string().min(1) }).nullish(),
  redirect_params: address.nullish(),
});

export function dataConnectionRoutes(connections: DataConnections, peers: Peers): Handlers {
  const findAny = (request: FastifyRequest): DataConnection => {
    const connection = connections.find((request.params as { [ID]: string })[ID]);
    if (connection) return connection;
    throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
  };
  const find = (request: FastifyRequest): DataConnection => {
    const connection = findAny(request);
    if (!connection.isGone) return connection;
    throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
  };

  return {
    async connectData(request, reply) {
      const { peer_id, token, target_id, params, options, redirect_params } = readFields(connectOptions, request.body);
      const peer = peers.findRunning(peer_id, token);
      const { ordered, maxPacketLifeTime, maxRetransmits, protocol } = options?.dcInit ?? {};
      const connectionId = `dc_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
      const connection = peer.connect(
        {
          remoteId: target_id,
          connectionId,
          label: connectionId,
          metadata: options?.metadata ?? undefined,
          serialization: options?.serialization ?? "BINARY",
          init: {
            ...(ordered != null && { ordered }),
            ...(maxPacketLifeTime != null && { maxPacketLifeTime }),
            ...(maxRetransmits != null && { maxRetransmits }),
            ...(protocol != null && { protocol }),
          },
        },
        { dataId: params.data_id || undefined, redirect: redirect_params ?? undefined },
      );
      reply.code(202);
      return { command_type: OPERATIONS.connectData.commandType, params: { [ID]: connection.id } };
    },

    async putDataConnection(request) {
      const connection = find(request);
      const { feed_params, redirect_params } = readFields(putOptions, request.body);
      connection.attach({ dataId: feed_params?.data_id, redirect: redirect_params ?? undefined });
      // The Rust client requires this field at the top level, even if it is empty.
      return { command_type: OPERATIONS.putDataConnection.commandType, data_id: connection.dataId ?? "" };
    },

    async deleteDataConnection(request, reply) {
      const connection = findAny(request);
      if (!connection.isDeletable) throw new GatewayError("UNKNOWN_ID", undefined, { field: ID });
      connection.release();
      reply.code(204);
    },

    dataEvents: (request, reply) => longPoll(findAny(request).events, ID, request, reply),

    async dataStatus(request) {
      const { isOpen, call, bufferedBytes, remoteId } = find(request);
      const { maxPacketLifeTime, maxRetransmits } = call.init;
      return {
        remote_id: remoteId,
        buffersize: bufferedBytes,
        label: call.label,
        metadata: metadataText(call.metadata),
        open: isOpen,
        reliable: isOpen && maxPacketLifeTime === undefined && maxRetransmits === undefined,
        serialization: call.serialization,
        type: "DATA",
      };
    },
  };
}
