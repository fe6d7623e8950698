import type { LegIn } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { PeerHandle } from "../gateway/gateway.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { failLeg } from "./failLeg.ts";
import type { LegContext } from "./legContext.ts";
import { admitLeg, type PreparedLeg, startRecorder } from "./prepareLeg.ts";
import { recordToEnd } from "./recordLeg.ts";

/** A leg that the recorder calls itself. */
export type DialledLeg = LegIn<"ringing"> & Required<Pick<LegIn<"ringing">, "dialled">>;

/**
 * Calls a peer and records it. After the call is made, the leg is handled like any other. Never throws.
 *
 * @param metadata from the API request, passed to the called page.
 */
export async function dialLeg(
  dialled: DialledLeg,
  metadata: unknown,
  from: PeerHandle,
  context: LegContext,
): Promise<void> {
  try {
    const { leg } = await admitLeg(dialled, context);
    const recorder = await startRecorder(leg, context); // its ports are bound
    const connecting = await callPeer(leg, recorder, metadata, from, context); // receive-only, redirected to it
    await recordToEnd(connecting, recorder, context);
  } catch (error) {
    await failLeg(dialled, error, context);
  }
}

/**
 * Calls the peer.
 *
 * @throws RecorderError ENDED_EARLY, CALL_REFUSED, GATEWAY_UNREACHABLE, after removing the recorder and its spool
 *   files.
 */
async function callPeer(
  leg: PreparedLeg,
  recorder: StartedRecorder,
  metadata: unknown,
  from: PeerHandle,
  context: LegContext,
): Promise<LegIn<"connecting">> {
  const { gateway, library } = context.services;
  try {
    if (context.stop.aborted) throw new RecorderError("ENDED_EARLY", context.stopReason);
    const id = await gateway.call({ from, target: leg.peerId, metadata }, leg.codecs, recorder.redirect);
    context.log.info({ mediaConnectionId: id }, "leg dialled");
    return await context.write({ ...leg, mediaConnectionId: id });
  } catch (error) {
    await recorder.finish(false);
    await library.clearSpool(leg.recorderId);
    throw isGatewayError(error)
      ? new RecorderError(error.isTransient ? "GATEWAY_UNREACHABLE" : "CALL_REFUSED", error.message, { cause: error })
      : error;
  }
}
