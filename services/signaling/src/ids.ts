import { randomInt } from "node:crypto";
import { z } from "zod";

/** skyway-js refuses all other formats before it connects. */
export const ApiKey = z
  .string()
  .regex(/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$/, "is not 8-4-4-4-12 lower-case letters and digits")
  .brand<"ApiKey">();
export type ApiKey = z.infer<typeof ApiKey>;

/** The rule of skyway-js, plus the symbols that gateways allow since 0.3.0. */
export const PeerId = z
  .string()
  .regex(/^[A-Za-z0-9_+-](?:[A-Za-z0-9_+. -]{0,62}[A-Za-z0-9_+.-])?$/)
  .brand<"PeerId">();
export type PeerId = z.infer<typeof PeerId>;

/** A client chooses its token at start and sends it again when it reconnects. It proves that the id is its own. */
export const Token = z.string().min(1).max(256).brand<"Token">();
export type Token = z.infer<typeof Token>;

/** skyway-js: `mc_` or `dc_` and random letters. Pages may choose ids in any script without control characters. */
export const ConnectionId = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u);

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const GENERATED_LENGTH = 16;

/** Generates an id for a client without one, with the same length as SkyWay's ids. */
export function generatePeerId(): PeerId {
  return randomText(GENERATED_LENGTH) as PeerId;
}

/** Token for a client that sends none. Nobody can reclaim its id, not even the client itself. */
export function generateToken(): Token {
  return randomText(GENERATED_LENGTH * 2) as Token;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}
