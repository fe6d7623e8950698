import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ContentPorts } from "../content/contentPorts.ts";
import { GatewayError } from "../errors.ts";
import { type AudioId, hasIdForm, newAudioId, newDataId, newRtcpId, newVideoId, type VideoId } from "../ids.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";

const mediaOptions = z.object({ is_video: z.boolean() });

/** @param address the address of the ports, as given in replies. */
export function contentRoutes(ports: ContentPorts, address: { ip_v4: string } | { ip_v6: string }): Handlers {
  const close = (request: FastifyRequest, reply: FastifyReply, field: string, prefixes: readonly string[]) => {
    const id = (request.params as Record<string, string>)[field] ?? "";
    if (!prefixes.some((prefix) => hasIdForm(prefix, id))) throw new GatewayError("UNKNOWN_ID", undefined, { field });
    ports.close(id, field);
    reply.code(204);
  };

  return {
    async createMedia(request, reply) {
      const { is_video } = readFields(mediaOptions, request.body);
      const media_id: VideoId | AudioId = is_video ? newVideoId() : newAudioId();
      const { port } = await ports.open(media_id);
      reply.code(201);
      return { media_id, port, ...address };
    },

    async createRtcp(_request, reply) {
      const rtcp_id = newRtcpId();
      const { port } = await ports.open(rtcp_id);
      reply.code(201);
      return { rtcp_id, port, ...address };
    },

    async createData(_request, reply) {
      const data_id = newDataId();
      const { port } = await ports.open(data_id);
      reply.code(201);
      return { data_id, port, ...address };
    },

    deleteMedia: async (request, reply) => close(request, reply, "media_id", ["vi", "au"]),
    deleteRtcp: async (request, reply) => close(request, reply, "rtcp_id", ["rc"]),
    deleteData: async (request, reply) => close(request, reply, "data_id", ["da"]),
  };
}
