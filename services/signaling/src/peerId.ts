import { randomInt } from "node:crypto";

/** skyway-js' own rule, and the symbols that gateways have allowed since 0.3.0. */
const PEER_ID = /^[A-Za-z0-9_+.-](?:[A-Za-z0-9_+. -]{0,62}[A-Za-z0-9_+.-])?$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const GENERATED_LENGTH = 16;

export function isPeerId(text: string): boolean {
  return PEER_ID.test(text);
}

/** An id for a client that brought none, of the length that SkyWay gave. */
export function generatePeerId(): string {
  return Array.from({ length: GENERATED_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}
