import type { ErrorCode } from "../../errors.ts";

/** What a call of ours has failed by that brought no media, by the reason of its end. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  no_answer: "NO_ANSWER",
  peer_unavailable: "PEER_NOT_THERE",
  ice_failed: "NOT_CONNECTED",
  gateway_lost: "GATEWAY_UNREACHABLE",
  stopped: "ENDED_EARLY",
  shutdown: "ENDED_EARLY",
};

/** Whatever else ends it, it is the peer that did. */
export const dialErrorCode = (reason: string): ErrorCode => CODES[reason] ?? "CALL_DECLINED";
