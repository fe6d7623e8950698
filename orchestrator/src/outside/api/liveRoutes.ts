import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Paths } from "../../archive/library/paths.ts";
import { RecorderError } from "../../errors.ts";
import { isCallId } from "../../ids.ts";
import { operation } from "./operation.ts";

/** File names that players request: RFC 8216, section 4, and ISO/IEC 23009-1, annex C. */
const NAME = /^[a-z0-9-]{1,40}\.(m3u8|mpd|mp4|m4s)$/;
const Params = z.object({ callId: z.string(), name: z.string() });

/** Playlists and segments of live streams, while they exist. */
export function serveLive(app: FastifyInstance, paths: Paths): void {
  const file = operation({
    summary: "A playlist or a segment of a call's live stream",
    answers: { 200: { description: "The file.", mediaType: "*/*" } },
    errors: ["FILE_NOT_FOUND"],
  });
  app.get("/api/calls/:callId/live/:name", file, async ({ params }, reply) => {
    const { callId, name } = Params.parse(params);
    const isThere = isCallId(callId) && NAME.test(name) && existsSync(join(paths.liveFolder(callId), name));
    if (!isThere) throw new RecorderError("FILE_NOT_FOUND", name.slice(0, 100));
    // A restarted stream replaces the files and uses the same names again.
    reply.header("cache-control", "no-cache");
    return reply.sendFile(name, paths.liveFolder(callId), { cacheControl: false });
  });
}
