import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { viewOf } from "../../archive/calls/view.ts";
import { RecorderError } from "../../errors.ts";
import type { Dialler } from "../../recording/legs/dialler.ts";
import { Dialling } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { operation } from "./operation.ts";

/** Signalling takes no longer ids. */
const MAX_ID_CHARACTERS = 64;
const DEFAULT_ANSWER_SECONDS = 30;
/** The gateway lets nothing ring for longer. */
const MAX_ANSWER_SECONDS = 60;

const peerId = z.string().min(1).max(MAX_ID_CHARACTERS);

const DialRequest = z.strictObject({
  peerId: peerId.describe("Whom to call."),
  recorderPeerId: peerId.optional().describe("The recorder's peer to call from; the first one by default."),
  metadata: z.unknown().optional().describe("What the called page is told. Legs with the same `call` are one call."),
  answerWithinSeconds: z.int().min(1).max(MAX_ANSWER_SECONDS).default(DEFAULT_ANSWER_SECONDS),
});

/** Recording on demand: it is the recorder that calls. */
export function serveDialling(app: FastifyInstance, { calls, dialler }: { calls: CallBook; dialler: Dialler }): void {
  const dial = operation({
    summary: "Calls a peer, and records what it answers with",
    description:
      "The leg goes through the same states as one that calls; `failed` says by its code what became of the call: `PEER_NOT_THERE`, `NO_ANSWER`, `CALL_DECLINED`, and what any leg may fail by.",
    body: DialRequest,
    answers: { 202: { description: "The leg that is being called, and its call.", schema: Dialling } },
    errors: ["PEER_NOT_REGISTERED"],
  });
  app.post("/api/calls", dial, async ({ body }, reply) => {
    const { callId, legId } = await dialler.dial(parseParameters(DialRequest, body ?? {}));
    const manifest = await calls.get(callId);
    if (!manifest) throw new RecorderError("CALL_NOT_FOUND", callId);
    return reply.code(202).send({ legId, call: viewOf(manifest) });
  });
}
