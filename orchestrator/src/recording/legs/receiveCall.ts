import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import { LegContext } from "./legContext.ts";
import type { LegServices } from "./legServices.ts";
import { recordLeg } from "./recordLeg.ts";

/** Creates a leg for an incoming call and records it. Never throws. */
export async function receiveCall(recorderPeerId: PeerId, id: MediaConnectionId, services: LegServices): Promise<void> {
  const { calls, runningLegs, gateway, log } = services;
  try {
    if (calls.knows(id)) return;
    const { remoteId, metadata } = await gateway.status(id);
    const call = { mediaConnectionId: id };
    const { callId, leg } = await calls.ring({ peerId: remoteId, metadata, recorderPeerId, ...call });
    await runningLegs.run(callId, leg.id, (stop) => {
      const context = new LegContext(callId, leg.id, services, stop);
      context.log.info({ peerId: remoteId, ...call }, "leg ringing");
      return recordLeg({ ...leg, ...call }, context);
    });
  } catch (error) {
    if (isGatewayError(error, "GONE")) log.info({ mediaConnectionId: id }, "the caller hung up immediately");
    else {
      log.error({ mediaConnectionId: id, err: error }, "an incoming call could not be handled");
      await gateway.hangUp(id).catch(() => undefined); // the caller must not wait for an answer
    }
  }
}
