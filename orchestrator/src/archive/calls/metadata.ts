import { z } from "zod";

/** Metadata that a page sends with its call. All of it is stored and shown; only `call` is interpreted. */
export interface CallerMetadata {
  /** The key that the legs of one call share; null for a leg with its own call. */
  key: string | null;
  /** The value stored in the manifest. */
  kept: unknown;
}

const KEY_LIMIT_CHARACTERS = 256;
/** The signalling server allows no more, so larger metadata does not come from a page. */
const PARSE_LIMIT_CHARACTERS = 1024 * 1024;
const KEPT_LIMIT_CHARACTERS = 16 * 1024;
/** Deeper JSON is probably meant to break parsers, and is stored as text. */
const DEPTH_LIMIT = 32;

const Known = z.object({
  call: z.union([z.string().min(1).max(KEY_LIMIT_CHARACTERS), z.number().transform((number) => `${number}`)]),
});

/**
 * Reads received metadata: any JSON value, JSON in a string as the gateway sends it, or other text. Never throws,
 * whatever a caller sends.
 */
export function readMetadata(wire: unknown): CallerMetadata {
  const text = asText(wire);
  if (text === undefined) return { key: null, kept: null };
  const value = parse(text);
  const known = Known.safeParse(value);
  return { key: known.success ? known.data.call : null, kept: kept(value, text) };
}

function asText(wire: unknown): string | undefined {
  if (wire === undefined || wire === null || wire === "") return undefined;
  if (typeof wire === "string") return wire;
  try {
    return JSON.stringify(wire);
  } catch {
    return "(metadata that cannot be written)";
  }
}

function parse(text: string): unknown {
  if (text.length > PARSE_LIMIT_CHARACTERS) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function kept(value: unknown, text: string): unknown {
  if (text.length > KEPT_LIMIT_CHARACTERS) return { tooLarge: text.length };
  return isShallow(value) ? value : text;
}

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_LIMIT) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return true;
}
