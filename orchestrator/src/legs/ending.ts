/** Why a leg ended. The gateway's own words are kept where it has some. */
export type EndReason =
  | "force_close"
  | "leave"
  | "ice_failed"
  | "dtls_closed"
  | "deleted"
  | "closed"
  | "stopped"
  | "shutdown"
  | "gateway_lost"
  | "recorder_lost"
  | "not_connected"
  | "orchestrator_lost";

export interface Ending {
  reason: EndReason;
  at: Date;
}

/** Whether a BYE from the gateway can still come. */
export const byeExpected = ({ reason }: Ending): boolean => reason !== "gateway_lost" && reason !== "recorder_lost";
