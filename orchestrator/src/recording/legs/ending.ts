/** Why a leg ended, if the gateway reports no reason. */
export type EndReason =
  /** The connection closed, and the gateway reports no reason. */
  | "closed"
  /** Stopped through the API. */
  | "stopped"
  /** The orchestrator shuts down. */
  | "shutdown"
  /** The gateway is unreachable, or no longer knows the connection. */
  | "gateway_lost"
  | "recorder_lost"
  /** Answered, but media never reached the gateway. */
  | "not_connected"
  /** A dialled peer did not answer in time. */
  | "no_answer"
  /** The volume is full; the media recorded until then is kept. */
  | "storage_full"
  /** A configured limit was reached. */
  | "idle"
  | "max_duration"
  | "max_size"
  /** It ended while no orchestrator was running. */
  | "orchestrator_lost";

export interface Ending {
  reason: EndReason;
  at: Date;
  /** Reason reported by the gateway: force_close, leave, ice_failed, … */
  gatewayReason?: string | undefined;
}

/** The reason shown in the manifest; the gateway's own reason if the connection simply closed. */
export const reasonOf = ({ reason, gatewayReason }: Ending): string =>
  reason === "closed" ? (gatewayReason ?? reason) : reason;

/** Whether the gateway ends the recorder with RTCP BYE; otherwise the recorder must be stopped with a signal. */
export function byeExpected({ reason }: Ending): boolean {
  return reason !== "gateway_lost" && reason !== "recorder_lost" && reason !== "orchestrator_lost";
}

const NOTICED_LATE: ReadonlySet<string> = new Set([
  "gateway_lost",
  "recorder_lost",
  "not_connected",
  "orchestrator_lost",
]);
/** Reasons of the gateway: the path has failed, or media has stopped after the caller left signalling. */
const SENDER_WAS_GONE: ReadonlySet<string> = new Set(["ice_failed", "leave"]);

/** Whether the sender may have stopped long before the end was noticed. */
export function senderWasGone({ reason, gatewayReason }: Ending): boolean {
  return NOTICED_LATE.has(reason) || (gatewayReason !== undefined && SENDER_WAS_GONE.has(gatewayReason));
}
