import type { FastifyInstance } from "fastify";
import type { CallBook } from "../calls/callBook.ts";
import { viewOf } from "../calls/view.ts";
import type { Manifest } from "../library/manifest.ts";

/** Proxies close connections that say nothing for a minute. */
const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = 2_000;
/** A page that does not read is let go; it comes back and fetches what it missed. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

/** `GET /api/events`: server-sent events (WHATWG HTML, section 9.2), one `call` for every change of a call. */
export function serveEvents(app: FastifyInstance, calls: CallBook): void {
  app.get("/api/events", { exposeHeadRoute: false }, (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const say = (text: string) => {
      if (raw.writableLength > UNREAD_LIMIT_BYTES) raw.destroy();
      else raw.write(`${text}\n\n`);
    };
    const onChange = (manifest: Manifest) => say(`event: call\ndata: ${JSON.stringify(viewOf(manifest))}`);
    const heartbeat = setInterval(say, HEARTBEAT_MS, ": still here");
    say(`retry: ${RECONNECT_MS}`);
    calls.on("change", onChange);
    request.raw.once("close", () => {
      clearInterval(heartbeat);
      calls.off("change", onChange);
    });
  });
}
