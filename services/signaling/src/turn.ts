import { createHmac } from "node:crypto";

/** The TURN servers (RFC 8656) for clients, and the secret that these servers share with signalling. */
export interface Turn {
  /** For example `turn:host:port?transport=udp` (RFC 7065). */
  urls: readonly string[];
  secret: string;
}

/** An entry of `RTCConfiguration.iceServers`. */
export interface IceServer {
  urls: readonly string[];
  username: string;
  credential: string;
}

/** Existing allocations survive the expiry. A page can start new calls for a working day. */
export const CREDENTIAL_LIFE_S = 12 * 3_600;

/**
 * Creates expiring credentials by the convention that TURN servers call "REST API" or shared secret
 * (draft-uberti-behave-turn-rest). The username is `<expiry, seconds since the epoch>:<subject>`, the password its
 * signature.
 *
 * @param subject appears in the TURN server's log.
 */
export function iceServerFor({ urls, secret }: Turn, subject: string, nowMs: number): IceServer {
  const username = `${Math.floor(nowMs / 1000) + CREDENTIAL_LIFE_S}:${subject}`;
  return { urls, username, credential: createHmac("sha1", secret).update(username).digest("base64") };
}

/** The same for WHIP clients: one `Link` header per URL (RFC 9725, section 4.6). */
export function linksOf({ urls, username, credential }: IceServer): string[] {
  return urls.map(
    (url) =>
      `<${url}>; rel="ice-server"; username="${username}"; credential="${credential}"; credential-type="password"`,
  );
}
