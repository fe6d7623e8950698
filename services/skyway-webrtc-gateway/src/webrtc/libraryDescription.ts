import type { PeerConnection } from "node-datachannel";
import { GatewayError } from "../errors.ts";
import type { IceCredentials } from "./ice/liteAgent.ts";
import type { LocalTransport } from "./localTransport.ts";

/** Our end of a connection, as the library describes it. */
export interface TransportParameters extends IceCredentials {
  /** "sha-256 AB:CD:…" */
  fingerprint: string;
  setup: "active" | "passive";
}

/** Our end of a transport, as our description names it. */
export type LocalEnd = TransportParameters & Pick<LocalTransport, "isLite">;

/** Throws GatewayError TRANSPORT_FAILED. */
export function localParameters(connection: PeerConnection): TransportParameters {
  const sdp = connection.localDescription()?.sdp ?? "";
  return {
    ...credentialsOf(sdp),
    fingerprint: attribute(sdp, "fingerprint"),
    setup: attribute(sdp, "setup") === "passive" ? "passive" : "active",
  };
}

/** Throws GatewayError TRANSPORT_FAILED. */
export function credentialsOf(sdp = ""): IceCredentials {
  return { iceUfrag: attribute(sdp, "ice-ufrag"), icePwd: attribute(sdp, "ice-pwd") };
}

function attribute(sdp: string, name: string): string {
  const value = new RegExp(`^a=${name}:(.+?)\\s*$`, "m").exec(sdp)?.[1];
  if (value === undefined) throw new GatewayError("TRANSPORT_FAILED", `no ${name} in the description`);
  return value;
}
