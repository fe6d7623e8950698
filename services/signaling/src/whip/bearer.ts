import { DEFAULT_API_KEY } from "../configuration.ts";

/** What a WHIP client's bearer token says of it. */
export interface Bearer {
  apiKey: string;
  /** JSON text, where the key asks for credentials. */
  credential: string | undefined;
}

/**
 * Reads `Authorization: Bearer <API key>`, or `<API key>.<timestamp>.<ttl>.<authToken>` where the key's peers must
 * bring a credential. Without any, the default API key is meant: it works where that one does, on loopback only.
 *
 * @returns undefined for another scheme, or what is no such token.
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
