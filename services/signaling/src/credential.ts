import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { SignalingError } from "./errors.ts";
import type { PeerId } from "./ids.ts";

/** SkyWay's bounds, in seconds. */
const MIN_TTL_S = 600;
const MAX_TTL_S = 90_000;
/** A client whose clock runs ahead by less is believed. */
const CLOCK_SKEW_S = 60;

/** Peer authentication: proof that whoever holds the secret key let this peer id in, until timestamp + ttl (seconds). */
export const Credential = z.object({
  timestamp: z.int().positive(),
  ttl: z.int().min(MIN_TTL_S).max(MAX_TTL_S),
  authToken: z.string().max(128),
});
export type Credential = z.infer<typeof Credential>;

/**
 * @returns when it runs out, in milliseconds since the epoch.
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
 * Reads the `credential` of a connection's query. skyway-js encodes it once more each time it is renewed
 * (`updateCredential` puts encoded text through a query builder).
 */
export function parseCredential(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  for (const candidate of [() => text, () => decodeURIComponent(text)]) {
    try {
      return JSON.parse(candidate());
    } catch {
      // Not in this encoding.
    }
  }
  return undefined;
}
