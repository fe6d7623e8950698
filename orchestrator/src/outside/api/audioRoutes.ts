import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { AudioSegment } from "../../archive/library/audioSegment.ts";
import { mediaType, otherType } from "../../archive/library/mediaType.ts";
import { AUDIO_INDEX, type Paths } from "../../archive/library/paths.ts";
import { RecorderError } from "../../errors.ts";
import { isCallId } from "../../ids.ts";
import { operation } from "./operation.ts";

const SEGMENT = /^\d{8}T\d{9}Z-(call|leg_[0-9a-z]{19})\.(opus|wav)$/;
const IndexParams = z.object({ callId: z.string() });
const SegmentParams = IndexParams.extend({ name: z.string() });

/** The audio segments of a call, during the call and after it: the index, and each file. */
export function serveAudio(app: FastifyInstance, paths: Paths): void {
  const index = operation({
    summary: "The index of a call's audio segments",
    description:
      "JSON lines, one for each complete file. Lines are only appended: to follow the index, request the new `Range`.",
    answers: {
      200: { description: "The whole index.", schema: AudioSegment, mediaType: "application/jsonl" },
      206: { description: "The requested range.", mediaType: "application/jsonl" },
    },
    errors: ["FILE_NOT_FOUND", "RANGE_NOT_SATISFIABLE"],
  });
  app.get(`/api/calls/:callId/audio/${AUDIO_INDEX}`, index, async ({ params }, reply) => {
    reply.header("cache-control", "no-cache").type(otherType(AUDIO_INDEX));
    return send(reply, IndexParams.parse(params).callId, AUDIO_INDEX);
  });

  const segment = operation({
    summary: "An audio segment of a call",
    answers: {
      200: { description: "The whole file.", mediaType: "audio/*" },
      206: { description: "The requested range.", mediaType: "audio/*" },
    },
    errors: ["FILE_NOT_FOUND", "RANGE_NOT_SATISFIABLE"],
  });
  app.get("/api/calls/:callId/audio/:name", segment, async ({ params }, reply) => {
    const { callId, name } = SegmentParams.parse(params);
    if (!SEGMENT.test(name)) throw new RecorderError("FILE_NOT_FOUND", name.slice(0, 100));
    reply.type(mediaType({ name, streams: [] }));
    return send(reply, callId, name);
  });

  function send(reply: FastifyReply, callId: string, name: string): FastifyReply {
    const isThere = isCallId(callId) && existsSync(join(paths.audioFolder(callId), name));
    if (!isThere) throw new RecorderError("FILE_NOT_FOUND", name);
    return reply.sendFile(name, paths.audioFolder(callId), {
      contentType: false,
      cacheControl: name !== AUDIO_INDEX,
    });
  }
}
