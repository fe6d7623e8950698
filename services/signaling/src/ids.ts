import { randomInt } from "node:crypto";
import { z } from "zod";

/** skyway-js refuses every other form before it connects. */
export const ApiKey = z
  .string()
  .regex(/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$/, "is not 8-4-4-4-12 lower-case letters and digits")
  .brand<"ApiKey">();
export type ApiKey = z.infer<typeof ApiKey>;

/** skyway-js' own rule, and the symbols that gateways have allowed since 0.3.0. */
export const PeerId = z
  .string()
  .regex(/^[A-Za-z0-9_+-](?:[A-Za-z0-9_+. -]{0,62}[A-Za-z0-9_+.-])?$/)
  .brand<"PeerId">();
export type PeerId = z.infer<typeof PeerId>;

/** What a client makes up when it starts and brings again when it reconnects: it proves that an id is its own. */
export const Token = z.string().min(1).max(256).brand<"Token">();
export type Token = z.infer<typeof Token>;

/** skyway-js: `mc_` or `dc_` and random letters; pages may name their own, in any script, but without control characters. */
export const ConnectionId = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u);

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const GENERATED_LENGTH = 16;

/** An id for a client that brought none, of the length that SkyWay gave. */
export function generatePeerId(): PeerId {
  return randomText(GENERATED_LENGTH) as PeerId;
}

/** For a client that brings no token: nobody can take its id again, itself included. */
export function generateToken(): Token {
  return randomText(GENERATED_LENGTH * 2) as Token;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}
