import type { FastifyInstance } from "fastify";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { viewOf } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Jobs } from "../../follow-up/jobs/jobs.ts";
import type { JobView } from "../../follow-up/jobs/jobView.ts";
import type { CallId } from "../../ids.ts";
import { operation } from "./operation.ts";

/** Pages count as out of date when they hear nothing for 12 s, because a connection may look open when it is not. */
const ALIVE_INTERVAL_MS = 5_000;
const RECONNECT_MS = 2_000;
/** A client that does not read is disconnected; it reconnects and fetches what it missed. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

/**
 * `GET /api/events`: server-sent events (WHATWG HTML, section 9.2). `call` for every change of a call, `removed` for
 * each removed call, `job` for every state and every per cent of a job, `audio` for each new audio segment of a running
 * call, `alive` every five seconds.
 */
export function serveEvents(app: FastifyInstance, { calls, jobs }: { calls: CallBook; jobs: Jobs }): void {
  const events = operation({
    summary: "Events of calls and jobs, in real time",
    description:
      "Server-sent events: `call`, with a call in its new state; `removed`, with the id of a removed call; `job`, with a job at every state and every per cent; `audio`, with the call's id and a new audio segment, at least once; `alive` every five seconds, so that a client notices a connection that is lost without a close. A browser's EventSource gives up at the first answer other than 200, for example while the orchestrator restarts: open another one, and fetch what changed in between.",
    answers: {
      200: { description: "The stream is open until the client disconnects.", mediaType: "text/event-stream" },
    },
  });
  app.get("/api/events", { ...events, exposeHeadRoute: false }, (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const send = (text: string) => {
      if (raw.writableLength > UNREAD_LIMIT_BYTES) raw.destroy();
      else raw.write(`${text}\n\n`);
    };
    const onChange = (manifest: Manifest) => send(`event: call\ndata: ${JSON.stringify(viewOf(manifest))}`);
    const onRemoved = (id: CallId) => send(`event: removed\ndata: ${JSON.stringify({ id })}`);
    const alive = setInterval(send, ALIVE_INTERVAL_MS, "event: alive\ndata: {}");
    send(`retry: ${RECONNECT_MS}`);
    const onJob = (job: JobView) => send(`event: job\ndata: ${JSON.stringify(job)}`);
    const onAudio = (segment: object) => send(`event: audio\ndata: ${JSON.stringify(segment)}`);
    calls.on("audio", onAudio);
    calls.on("change", onChange);
    calls.on("removed", onRemoved);
    jobs.book.on("change", onJob);
    request.raw.once("close", () => {
      clearInterval(alive);
      calls.off("audio", onAudio);
      calls.off("change", onChange);
      calls.off("removed", onRemoved);
      jobs.book.off("change", onJob);
    });
  });
}
