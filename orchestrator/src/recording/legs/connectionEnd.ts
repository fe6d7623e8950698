import type { MediaConnectionId } from "../../ids.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { EndReason } from "./ending.ts";
import type { LegContext } from "./legContext.ts";

/** After this time without an answer, the gateway and its calls count as lost. */
const GATEWAY_LOST_AFTER_MS = 5_000;
const GATEWAY_RETRY_MS = 250;

export interface ConnectionListeners {
  /** Called when the media path is established, once for each kind of media. */
  onStream(): void;
}

/**
 * Reads a connection's events until it is closed. A recording ends only if the gateway reports CLOSE, no longer knows
 * the connection, or does not answer for GATEWAY_LOST_AFTER_MS.
 *
 * @returns undefined if `until` aborts first.
 */
export async function connectionEnd(
  id: MediaConnectionId,
  { onStream }: ConnectionListeners,
  until: AbortSignal,
  { services: { gateway, clock }, log }: LegContext,
): Promise<EndReason | undefined> {
  let failingSince: Date | undefined;
  while (!until.aborted) {
    try {
      const event = await gateway.nextConnectionEvent(id, until);
      failingSince = undefined;
      if (event?.event === "CLOSE") return "closed";
      if (event?.event === "STREAM") onStream();
      if (event?.event === "ERROR") log.warn({ reason: event.message }, "the gateway reports an error");
    } catch (error) {
      if (until.aborted) break;
      if (isGatewayError(error, "GONE")) return goneReason(id, gateway);
      failingSince ??= clock.now();
      const failingMs = clock.now().getTime() - failingSince.getTime();
      if (failingMs === 0) log.warn({ err: error }, "the events of this connection cannot be read");
      if (failingMs >= GATEWAY_LOST_AFTER_MS) return "gateway_lost";
      await clock.sleep(GATEWAY_RETRY_MS, until);
    }
  }
  return undefined;
}

/** A restarted gateway does not know the connection; a gateway that closed it still reports how it ended. */
async function goneReason(id: MediaConnectionId, gateway: LegContext["services"]["gateway"]): Promise<EndReason> {
  const report = await gateway.tracks(id).catch(() => undefined);
  return report?.ended ? "closed" : "gateway_lost";
}
