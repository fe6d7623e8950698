import { GatewayError, type GatewayErrorKind } from "../gatewayError.ts";

/** Error numbers of Janus (apierror.h) and its VideoRoom plugin that need special handling; all others mean FAILED. */
const KINDS: Readonly<Record<number, GatewayErrorKind>> = {
  403: "REFUSED", // secret or token required
  426: "REFUSED", // no such room
  428: "GONE", // no such publisher
  429: "REFUSED", // PIN or secret required
  433: "REFUSED", // wrong secret or PIN
  458: "UNREACHABLE", // no such session
};

export function janusError(code: number, reason: string): GatewayError {
  return new GatewayError(KINDS[code] ?? "FAILED", `Janus answered ${code}: ${reason}`);
}
