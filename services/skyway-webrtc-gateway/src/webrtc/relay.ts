import { createHmac, randomUUID } from "node:crypto";
import type { IceServer } from "node-datachannel";

/** TURN servers (RFC 8656) by which callers reach us instead of by the media port, and the secret we share with them. */
export interface Relay {
  /** libjuice asks two of them at most, over UDP. */
  servers: readonly TurnServer[];
  secret: string;
}

export interface TurnServer {
  hostname: string;
  port: number;
}

/** As long as signalling's: an allocation that was made in time lives on. */
export const CREDENTIAL_LIFE_S = 12 * 3_600;
const DEFAULT_TURN_PORT = 3478;

/** `turn:host`, `turn:host:port`, `turn:[address]:port` (RFC 7065); undefined for what libjuice cannot speak to. */
export function parseTurnUrl(url: string): TurnServer | undefined {
  const match = /^turn:(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?(?:\?transport=udp)?$/i.exec(url);
  const hostname = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_TURN_PORT);
  return hostname !== undefined && port >= 1 && port <= 65_535 ? { hostname, port } : undefined;
}

/**
 * The servers as the library takes them, with a credential that runs out (draft-uberti-behave-turn-rest, as signalling
 * makes them). Each is somebody else's: TURN servers limit how many allocations one may have.
 */
export function iceServersOf({ servers, secret }: Relay, nowMs: number): IceServer[] {
  const username = `${Math.floor(nowMs / 1000) + CREDENTIAL_LIFE_S}:gateway-${randomUUID()}`;
  const password = createHmac("sha1", secret).update(username).digest("base64");
  return servers.map((server) => ({ ...server, username, password, relayType: "TurnUdp" }));
}
