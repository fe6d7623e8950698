import type { FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";
import type { EventStream } from "../events/eventStream.ts";

/**
 * Waits for the next event of a stream. If the client disconnects, no event is lost.
 *
 * @param idField the field that UNKNOWN_ID reports after the stream has ended.
 * @throws GatewayError NO_EVENT after 30 s, UNKNOWN_ID after CLOSE was delivered.
 */
export function longPoll<E>(
  stream: EventStream<E>,
  idField: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<E> {
  return new Promise((resolve, reject) => {
    const cancel = stream.poll(request.headers["user-agent"] ?? "", (outcome) => {
      if (outcome.kind === "event") resolve(outcome.event);
      else if (outcome.kind === "timeout") reject(new GatewayError("NO_EVENT"));
      else reject(new GatewayError("UNKNOWN_ID", undefined, { field: idField }));
    });
    reply.raw.once("close", cancel);
  });
}
