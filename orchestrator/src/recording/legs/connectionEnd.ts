import type { MediaConnectionId } from "../../ids.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { EndReason } from "./ending.ts";
import type { LegContext } from "./legContext.ts";

/** A gateway that does not answer for so long is gone, and its calls with it. */
const GATEWAY_LOST_AFTER_MS = 5_000;
const GATEWAY_RETRY_MS = 250;

export interface ConnectionListeners {
  /** The path is up, for each kind of media. */
  onStream(): void;
}

/**
 * Reads a connection's events until it is closed. Nothing that a gateway answers ends a recording but CLOSE, not
 * knowing the connection any more, and silence for GATEWAY_LOST_AFTER_MS.
 *
 * @returns undefined when `until` aborted first.
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
      if (failingMs === 0) log.warn({ err: error }, "the gateway does not tell of this connection");
      if (failingMs >= GATEWAY_LOST_AFTER_MS) return "gateway_lost";
      await clock.sleep(GATEWAY_RETRY_MS, until);
    }
  }
  return undefined;
}

/** A gateway that was started anew knows nothing of the connection; one that closed it still knows how it ended. */
async function goneReason(id: MediaConnectionId, gateway: LegContext["services"]["gateway"]): Promise<EndReason> {
  const report = await gateway.tracks(id).catch(() => undefined);
  return report?.ended ? "closed" : "gateway_lost";
}
