import { createHmac, randomUUID } from "node:crypto";
import type { IceServer } from "node-datachannel";

/** TURN servers (RFC 8656) that callers use instead of the media port, and the secret that we share with them. */
export interface Relay {
  /** libjuice uses two of them at most, over UDP. */
  servers: readonly TurnServer[];
  secret: string;
}

export interface TurnServer {
  hostname: string;
  port: number;
}

/** The same as signalling's. An allocation outlives its credential. */
export const CREDENTIAL_LIFE_S = 12 * 3_600;
const DEFAULT_TURN_PORT = 3478;

/** `turn:host`, `turn:host:port`, `turn:[address]:port` (RFC 7065); undefined if libjuice does not support it. */
export function parseTurnUrl(url: string): TurnServer | undefined {
  const match = /^turn:(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?(?:\?transport=udp)?$/i.exec(url);
  const hostname = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_TURN_PORT);
  return hostname !== undefined && port >= 1 && port <= 65_535 ? { hostname, port } : undefined;
}

/**
 * The servers for the library, with a credential that expires (draft-uberti-behave-turn-rest, as in signalling). Each call
 * gets another user name, because TURN servers limit the allocations of one user.
 */
export function iceServersOf({ servers, secret }: Relay, nowMs: number): IceServer[] {
  const username = `${Math.floor(nowMs / 1000) + CREDENTIAL_LIFE_S}:gateway-${randomUUID()}`;
  const password = createHmac("sha1", secret).update(username).digest("base64");
  return servers.map((server) => ({ ...server, username, password, relayType: "TurnUdp" }));
}
