import type { ManifestLeg } from "../../archive/library/manifest.ts";
import type { CallId, MediaConnectionId } from "../../ids.ts";
import { LegContext } from "./legContext.ts";
import type { LegServices } from "./legServices.ts";
import { recordLeg } from "./recordLeg.ts";

/**
 * Records further tracks of a leg's caller, beyond the first of each kind, as a leg of their own in the same call. It has a
 * recorder and a file of its own, on the same clock. Never throws.
 *
 * @param tracks the gateway's connection of these tracks.
 */
export async function recordBeside(
  callId: CallId,
  leg: ManifestLeg,
  tracks: MediaConnectionId,
  services: LegServices,
): Promise<void> {
  const { calls, runningLegs, log } = services;
  try {
    if (calls.knows(tracks)) return;
    const beside = await calls.ringBeside(callId, leg, tracks);
    await runningLegs.run(callId, beside.id, (stop) => {
      const context = new LegContext(callId, beside.id, services, stop);
      context.log.info({ peerId: leg.peerId, mediaConnectionId: tracks, beside: leg.id }, "leg of further tracks");
      return recordLeg({ ...beside, mediaConnectionId: tracks }, context);
    });
  } catch (error) {
    log.error({ mediaConnectionId: tracks, err: error }, "further tracks could not be handled");
  }
}
