import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { viewOf } from "../../archive/calls/view.ts";
import { RecorderError } from "../../errors.ts";
import type { Dialler } from "../../recording/legs/dialler.ts";
import { Dialling } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { operation } from "./operation.ts";

/** Limit of the signalling server. */
const MAX_ID_CHARACTERS = 64;
const DEFAULT_ANSWER_SECONDS = 30;
/** Limit of the gateway. */
const MAX_ANSWER_SECONDS = 60;

const peerId = z.string().min(1).max(MAX_ID_CHARACTERS);

const DialRequest = z.strictObject({
  peerId: peerId.describe("The peer to call."),
  recorderPeerId: peerId.optional().describe("The recorder peer that makes the call; the first one by default."),
  metadata: z
    .unknown()
    .optional()
    .describe("Metadata for the called page. Legs with the same `call` belong to one call."),
  answerWithinSeconds: z.int().min(1).max(MAX_ANSWER_SECONDS).default(DEFAULT_ANSWER_SECONDS),
});

/** Recording on demand: the recorder calls a peer. */
export function serveDialling(app: FastifyInstance, { calls, dialler }: { calls: CallBook; dialler: Dialler }): void {
  const dial = operation({
    summary: "Calls a peer and records its media",
    description:
      "The leg has the same states as one of an incoming call. If it fails, its error code says why: `PEER_NOT_THERE`, `NO_ANSWER`, `CALL_DECLINED`, or a code that any leg can have.",
    body: DialRequest,
    answers: { 202: { description: "The id of the new leg, and its call.", schema: Dialling } },
    errors: ["PEER_NOT_REGISTERED"],
  });
  app.post("/api/calls", dial, async ({ body }, reply) => {
    const { callId, legId } = await dialler.dial(parseParameters(DialRequest, body ?? {}));
    const manifest = await calls.get(callId);
    if (!manifest) throw new RecorderError("CALL_NOT_FOUND", callId);
    return reply.code(202).send({ legId, call: viewOf(manifest) });
  });
}
