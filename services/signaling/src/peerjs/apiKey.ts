import { DEFAULT_API_KEY } from "../configuration.ts";

/** What PeerJS says when its page names no key. */
const NO_KEY = "peerjs";

/** A page without a key means the default API key: it works where that one does, which is on loopback only. */
export function apiKeyOf(key: string | null): string {
  return key === null || key === NO_KEY ? DEFAULT_API_KEY : key;
}
