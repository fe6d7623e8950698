import type { ErrorCode } from "../../errors.ts";

/** Error codes of dialled calls without media, by end reason. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  no_answer: "NO_ANSWER",
  peer_unavailable: "PEER_NOT_THERE",
  ice_failed: "NOT_CONNECTED",
  gateway_lost: "GATEWAY_UNREACHABLE",
  stopped: "ENDED_EARLY",
  shutdown: "ENDED_EARLY",
};

/** The error code of a dialled call without media; all other reasons mean that the peer ended it. */
export const dialErrorCode = (reason: string): ErrorCode => CODES[reason] ?? "CALL_DECLINED";
