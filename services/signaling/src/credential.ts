import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { SignalingError } from "./errors.ts";
import type { PeerId } from "./ids.ts";

/** SkyWay's limits, in seconds. */
const MIN_TTL_S = 600;
const MAX_TTL_S = 90_000;
/** Tolerance for clients whose clock is ahead. */
const CLOCK_SKEW_S = 60;

/** Peer authentication: the holder of the secret key admits this peer id until timestamp + ttl (seconds). */
export const Credential = z.object({
  timestamp: z.int().positive(),
  ttl: z.int().min(MIN_TTL_S).max(MAX_TTL_S),
  authToken: z.string().max(128),
});
export type Credential = z.infer<typeof Credential>;

/**
 * @returns expiry time, in milliseconds since the epoch.
 * @throws SignalingError AUTHENTICATION
 */
export function verifyCredential(credential: unknown, peerId: PeerId, secretKey: string, nowMs: number): number {
  const parsed = Credential.safeParse(credential);
  if (!parsed.success) throw new SignalingError("AUTHENTICATION", {}, { cause: parsed.error });
  const { timestamp, ttl, authToken } = parsed.data;
  const expiresAtMs = (timestamp + ttl) * 1000;
  const isCurrent = timestamp * 1000 <= nowMs + CLOCK_SKEW_S * 1000 && nowMs < expiresAtMs;
  const expected = createHmac("sha256", secretKey).update(`${timestamp}:${ttl}:${peerId}`).digest();
  const given = Buffer.from(authToken, "base64");
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
  if (!isCurrent || !isSigned) throw new SignalingError("AUTHENTICATION");
  return expiresAtMs;
}

/**
 * Reads `credential` from a connection's query. skyway-js encodes it again whenever it is renewed (`updateCredential`
 * passes encoded text to a query builder).
 */
export function parseCredential(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  for (const candidate of [() => text, () => decodeURIComponent(text)]) {
    try {
      return JSON.parse(candidate());
    } catch {
      // Try the next encoding.
    }
  }
  return undefined;
}
