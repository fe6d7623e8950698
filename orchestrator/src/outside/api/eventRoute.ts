import type { FastifyInstance } from "fastify";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { viewOf } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Jobs } from "../../follow-up/jobs/jobs.ts";
import type { JobView } from "../../follow-up/jobs/jobView.ts";
import type { CallId } from "../../ids.ts";
import { operation } from "./operation.ts";

/** Proxies close connections that say nothing for a minute. */
const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = 2_000;
/** A page that does not read is let go; it comes back and fetches what it missed. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

/**
 * `GET /api/events`: server-sent events (WHATWG HTML, section 9.2), one `call` for every change of a call, one
 * `removed` for each that is removed, one `job` for every step and every per cent of a job, one `audio` for each file of
 * what is said in a call that goes on.
 */
export function serveEvents(app: FastifyInstance, { calls, jobs }: { calls: CallBook; jobs: Jobs }): void {
  const events = operation({
    summary: "What happens to calls, as it happens",
    description:
      "Server-sent events: `call`, with a call in its new state; `removed`, with the id of one that is gone; `job`, with a job at every step and every per cent; `audio`, with the call's id and a file of what was just said in it, at least once.",
    answers: { 200: { description: "Goes on until the reader goes.", mediaType: "text/event-stream" } },
  });
  app.get("/api/events", { ...events, exposeHeadRoute: false }, (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const say = (text: string) => {
      if (raw.writableLength > UNREAD_LIMIT_BYTES) raw.destroy();
      else raw.write(`${text}\n\n`);
    };
    const onChange = (manifest: Manifest) => say(`event: call\ndata: ${JSON.stringify(viewOf(manifest))}`);
    const onRemoved = (id: CallId) => say(`event: removed\ndata: ${JSON.stringify({ id })}`);
    const heartbeat = setInterval(say, HEARTBEAT_MS, ": still here");
    say(`retry: ${RECONNECT_MS}`);
    const onJob = (job: JobView) => say(`event: job\ndata: ${JSON.stringify(job)}`);
    const onAudio = (segment: object) => say(`event: audio\ndata: ${JSON.stringify(segment)}`);
    calls.on("audio", onAudio);
    calls.on("change", onChange);
    calls.on("removed", onRemoved);
    jobs.book.on("change", onJob);
    request.raw.once("close", () => {
      clearInterval(heartbeat);
      calls.off("audio", onAudio);
      calls.off("change", onChange);
      calls.off("removed", onRemoved);
      jobs.book.off("change", onJob);
    });
  });
}
