import { z } from "zod";

/** What a page may say about its leg; anything else in its metadata is kept and shown, and means nothing here. */
const KEY_LIMIT = 256;
const Known = z.object({ call: z.string().min(1).max(KEY_LIMIT) });
const METADATA_LIMIT_CHARACTERS = 16_384;

/** The key that legs of one call share; null for a leg that is a call of its own. */
export function callKey(metadata: unknown): string | null {
  const { success, data } = Known.safeParse(metadata);
  return success ? data.call : null;
}

/** Metadata as it goes into the manifest: the caller's own, unless it is too large to be one. */
export function keptMetadata(metadata: unknown): unknown {
  const text = JSON.stringify(metadata) ?? "null";
  return text.length <= METADATA_LIMIT_CHARACTERS ? metadata : { tooLarge: text.length };
}
