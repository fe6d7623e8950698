/** Peer authentication: `authToken` is base64 of HMAC-SHA256(secret, `timestamp:ttl:peerId`); signalling checks it. */
export interface Credential {
  /** Unix time in seconds. */
  timestamp: number;
  /** Seconds, 600 to 90000. */
  ttl: number;
  authToken: string;
}
