/** Why a leg ended, where the gateway has no words of its own for it. */
export type EndReason =
  /** The connection closed, and the gateway cannot say why. */
  | "closed"
  /** By the API. */
  | "stopped"
  /** The orchestrator shuts down. */
  | "shutdown"
  /** The gateway went away, or does not know the connection any more. */
  | "gateway_lost"
  | "recorder_lost"
  /** Answered, and media never reached the gateway. */
  | "not_connected"
  /** We called, and nobody answered in time. */
  | "no_answer"
  /** No space is left for more; what was recorded is kept. */
  | "storage_full"
  /** A limit of the configuration. */
  | "idle"
  | "max_duration"
  | "max_size"
  /** It ended while no orchestrator was there. */
  | "orchestrator_lost";

export interface Ending {
  reason: EndReason;
  at: Date;
  /** The gateway's own word for it: force_close, leave, ice_failed, … */
  gatewayReason?: string | undefined;
}

/** What the manifest says: the gateway's word where we have none that says more. */
export const reasonOf = ({ reason, gatewayReason }: Ending): string =>
  reason === "closed" ? (gatewayReason ?? reason) : reason;

/** A gateway that is there ends a recorder by RTCP BYE; from all others it has to be asked for. */
export function byeExpected({ reason }: Ending): boolean {
  return reason !== "gateway_lost" && reason !== "recorder_lost" && reason !== "orchestrator_lost";
}
