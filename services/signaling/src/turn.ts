import { createHmac } from "node:crypto";

/** The TURN servers (RFC 8656) that clients are told of, and the secret that they share with signalling. */
export interface Turn {
  /** `turn:host:port?transport=udp` and the like (RFC 7065). */
  urls: readonly string[];
  secret: string;
}

/** What a page puts into `RTCConfiguration.iceServers`. */
export interface IceServer {
  urls: readonly string[];
  username: string;
  credential: string;
}

/** An allocation that was made in time lives on; a call may be begun again within a working day. */
export const CREDENTIAL_LIFE_S = 12 * 3_600;

/**
 * Credentials that run out, by the convention that TURN servers know as "REST API" or shared secret
 * (draft-uberti-behave-turn-rest): the name is `<expiry, seconds since the epoch>:<whose>`, the password its signature.
 *
 * @param subject for the TURN server's log.
 */
export function iceServerFor({ urls, secret }: Turn, subject: string, nowMs: number): IceServer {
  const username = `${Math.floor(nowMs / 1000) + CREDENTIAL_LIFE_S}:${subject}`;
  return { urls, username, credential: createHmac("sha1", secret).update(username).digest("base64") };
}

/** The same for WHIP clients: one `Link` for each URL (RFC 9725, section 4.6). */
export function linksOf({ urls, username, credential }: IceServer): string[] {
  return urls.map(
    (url) =>
      `<${url}>; rel="ice-server"; username="${username}"; credential="${credential}"; credential-type="password"`,
  );
}
