import { GatewayError, type GatewayErrorKind } from "../gatewayError.ts";

/** Numbers of Janus (apierror.h) and of its VideoRoom that mean more than that something failed. */
const KINDS: Readonly<Record<number, GatewayErrorKind>> = {
  403: "REFUSED", // a secret or token is asked for
  426: "REFUSED", // no such room
  428: "GONE", // no such publisher
  429: "REFUSED", // a PIN or secret is asked for
  433: "REFUSED", // wrong secret or PIN
  458: "UNREACHABLE", // our session is over
};

export function janusError(code: number, reason: string): GatewayError {
  return new GatewayError(KINDS[code] ?? "FAILED", `Janus answered ${code}: ${reason}`);
}
