import type { FastifyInstance } from "fastify";
import type { CallBook } from "../calls/callBook.ts";
import { viewOf } from "../calls/view.ts";
import type { Manifest } from "../library/manifest.ts";

/** Proxies close connections that say nothing for a minute. */
const HEARTBEAT_MS = 20_000;

/** `GET /api/events`: server-sent events (WHATWG HTML, section 9.2), one `call` for every change of a call. */
export function serveEvents(app: FastifyInstance, calls: CallBook): void {
  app.get("/api/events", (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    raw.write("retry: 2000\n\n");
    const onChange = (manifest: Manifest) => raw.write(`event: call\ndata: ${JSON.stringify(viewOf(manifest))}\n\n`);
    const heartbeat = setInterval(() => raw.write(": still here\n\n"), HEARTBEAT_MS);
    calls.on("change", onChange);
    request.raw.once("close", () => {
      clearInterval(heartbeat);
      calls.off("change", onChange);
      raw.end();
    });
  });
}
