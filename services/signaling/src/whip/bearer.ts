import { DEFAULT_API_KEY } from "../configuration.ts";

/** Content of a WHIP client's bearer token. */
export interface Bearer {
  apiKey: string;
  /** JSON text, if the key requires credentials. */
  credential: string | undefined;
}

/**
 * Parses `Authorization: Bearer <API key>`, or `<API key>.<timestamp>.<ttl>.<authToken>` if the key requires
 * credentials. Without a header, the default API key is used, which is accepted on loopback only.
 *
 * @returns undefined for another scheme or an invalid token.
 */
export function parseBearer(authorization: string | undefined): Bearer | undefined {
  if (authorization === undefined) return { apiKey: DEFAULT_API_KEY, credential: undefined };
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]{1,512}) *$/i.exec(authorization) ?? [];
  if (token === undefined) return undefined;
  const [apiKey = "", ...rest] = token.split(".");
  if (rest.length === 0) return { apiKey, credential: undefined };
  const [timestamp, ttl, authToken] = rest;
  if (rest.length !== 3) return undefined;
  return { apiKey, credential: JSON.stringify({ timestamp: Number(timestamp), ttl: Number(ttl), authToken }) };
}
