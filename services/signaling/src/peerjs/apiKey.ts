import { DEFAULT_API_KEY } from "../configuration.ts";

/** Sent by PeerJS if the page sets no key. */
const NO_KEY = "peerjs";

/** Without a key, the default API key is used, which is accepted on loopback only. */
export function apiKeyOf(key: string | null): string {
  return key === null || key === NO_KEY ? DEFAULT_API_KEY : key;
}
