import { unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { type CallView, isOver, viewOf } from "../../archive/calls/view.ts";
import {
  LEG_STATES,
  type LegState,
  type Manifest,
  type ManifestLeg,
  type RecordingFile,
} from "../../archive/library/manifest.ts";
import { mediaType, otherType } from "../../archive/library/mediaType.ts";
import { RecorderError } from "../../errors.ts";
import { type RemovalRooms, removeCall } from "../../follow-up/retention/removeCall.ts";
import type { Uploads } from "../../follow-up/upload/uploads.ts";
import { type CallId, isCallId } from "../../ids.ts";
import type { Access } from "../access/access.ts";
import { LinkRequest } from "../access/fileLinks.ts";
import { CallList, FileLinkAnswer, OneCall, Removed, Stopping } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { Limit } from "./listQuery.ts";
import { operation } from "./operation.ts";

const ListQuery = z.object({
  state: unlessEmpty(z.enum(LEG_STATES).optional()),
  limit: Limit,
  cursor: unlessEmpty(z.string().refine(isCallId, "is not a cursor of this list").optional()),
});

const FileQuery = z.object({
  download: z.string().optional().describe("If present, with or without a value, the browser saves the file."),
  expires: z.string().optional(),
  signature: z.string().optional(),
});

interface CallSources extends RemovalRooms {
  uploads: Uploads;
  access: Access;
}

/** Routes of calls: list, read, remove, stop, files and links. */
export function serveCalls(app: FastifyInstance, { access, ...rooms }: CallSources): void {
  const { calls, library, runningLegs } = rooms;
  const list = operation({
    summary: "Calls, newest first",
    query: ListQuery,
    answers: { 200: { description: "One page.", schema: CallList } },
  });
  app.get("/api/calls", list, async (request) => {
    const { state, limit, cursor } = parseParameters(ListQuery, request.query);
    const found: CallView[] = [];
    for await (const manifest of select(calls, state, cursor)) {
      const view = viewOf(manifest);
      if (state && view.state !== state) continue;
      if (found.length === limit) return { calls: found, nextCursor: found.at(-1)?.id ?? null };
      found.push(view);
    }
    return { calls: found, nextCursor: null };
  });

  const one = operation({
    summary: "A call with its legs, their states and files",
    answers: { 200: { description: "The call, and its upload if there is one.", schema: OneCall } },
    errors: ["CALL_NOT_FOUND"],
  });
  app.get<{ Params: { callId: string } }>("/api/calls/:callId", one, async ({ params }) => {
    const manifest = await find(params.callId);
    const upload = await rooms.uploads.look(manifest.id);
    return { ...viewOf(manifest), ...(upload && { upload }) };
  });

  const remove = operation({
    summary: "Removes all data of a call that has ended",
    answers: {
      200: {
        description:
          "The removed files by their path on the volume, the jobs that remove the call from its remotes, and the remotes that keep it because uploads are not configured any more.",
        schema: Removed,
      },
    },
    errors: ["CALL_NOT_FOUND", "CALL_GOES_ON", "NOT_ALL_REMOVED"],
  });
  app.delete<{ Params: { callId: string } }>("/api/calls/:callId", remove, async ({ params }) => {
    const manifest = await find(params.callId);
    const remotes = await rooms.uploads.remotesOf(manifest.id);
    const removed = await removeCall(manifest, rooms);
    return { removed, ...(await rooms.uploads.removeElsewhere(manifest.id, remotes)) };
  });

  const stop = operation({
    summary: "Ends the running recordings of a call",
    answers: { 202: { description: "The number of legs being ended.", schema: Stopping } },
    errors: ["CALL_NOT_FOUND"],
  });
  app.post<{ Params: { callId: string } }>("/api/calls/:callId/stop", stop, async ({ params }, reply) => {
    const { id } = await find(params.callId);
    return reply.code(202).send({ stopping: runningLegs.stopCall(id) });
  });

  const file = operation({
    summary: "A recording",
    description:
      "Supports `Range`. A signed link (`expires` and `signature` in the query) gives access without a login.",
    query: FileQuery,
    answers: {
      200: { description: "The whole file.", mediaType: "*/*" },
      206: { description: "The requested range.", mediaType: "*/*" },
    },
    errors: ["CALL_NOT_FOUND", "FILE_NOT_FOUND", "RANGE_NOT_SATISFIABLE", "LINK_REFUSED"],
  });
  app.get<{ Params: { callId: string; name: string }; Querystring: { download?: string } }>(
    "/api/calls/:callId/files/:name",
    file,
    async ({ params, query }, reply) => {
      const manifest = await find(params.callId);
      const { name, type } = servedFile(manifest, params.name);
      if (query.download !== undefined) reply.header("content-disposition", `attachment; filename="${name}"`);
      reply.type(type);
      return reply.sendFile(name, library.paths.call(manifest.id), { contentType: false });
    },
  );

  const link = operation({
    summary: "Creates a signed link that opens a recording without a login",
    body: LinkRequest,
    answers: { 201: { description: "The link's path and query, and when it expires.", schema: FileLinkAnswer } },
    errors: ["CALL_NOT_FOUND", "FILE_NOT_FOUND"],
  });
  app.post<{ Params: { callId: string; name: string } }>(
    "/api/calls/:callId/files/:name/links",
    link,
    async ({ params, body }, reply) => {
      const { expiresInSeconds } = parseParameters(LinkRequest, body ?? undefined);
      const { id, ...manifest } = await find(params.callId);
      const { name } = fileOf(manifest, params.name);
      return reply.code(201).send(access.links.make(id, name, expiresInSeconds));
    },
  );

  async function find(text: string): Promise<Manifest> {
    const manifest = isCallId(text) ? await calls.get(text) : undefined;
    if (!manifest) throw new RecorderError("CALL_NOT_FOUND", text.slice(0, 100));
    return manifest;
  }
}

/** @throws RecorderError FILE_NOT_FOUND unless the manifest lists the file as a recording, film, preview or chat. */
function servedFile(manifest: Manifest, wanted: string): { name: string; type: string } {
  if (otherFiles(manifest).includes(wanted)) return { name: wanted, type: otherType(wanted) };
  const file = fileOf(manifest, wanted);
  return { name: file.name, type: mediaType(file) };
}

function otherFiles({ previews = {}, chat }: Manifest): string[] {
  const named = Object.values(previews).flatMap(({ poster, thumbnails, waveform }) => [
    poster,
    thumbnails?.image,
    thumbnails?.track,
    waveform,
  ]);
  return [...named, chat?.messages, chat?.subtitles].filter((name) => name !== undefined);
}

/** @throws RecorderError FILE_NOT_FOUND unless the manifest lists the file as a recording or film. */
function fileOf({ legs, film }: Pick<Manifest, "legs" | "film">, wanted: string): RecordingFile {
  const files = [...legs.flatMap(filesOf), ...(film ? [film.file] : [])];
  const file = files.find(({ name }) => name === wanted);
  if (!file) throw new RecorderError("FILE_NOT_FOUND", wanted.slice(0, 100));
  return file;
}

/** A running leg has files if it has rolled over. */
function filesOf(leg: ManifestLeg): RecordingFile[] {
  const rolled = "files" in leg ? (leg.files ?? []) : [];
  const all = leg.state === "ready" ? [leg, ...rolled] : rolled;
  return all.flatMap(({ file, trackFiles = [] }) => (file ? [file, ...trackFiles] : []));
}

/** Running calls are few and in memory; the others are read from the library. */
function select(calls: CallBook, state: LegState | undefined, cursor: CallId | undefined) {
  if (state === undefined || isOver(state)) return calls.all(cursor);
  return calls.running().filter(({ id }) => cursor === undefined || id < cursor);
}
