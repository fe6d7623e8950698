/** A text on the wire, though the reference says object; laid out as the official gateway does it. */
export function metadataText(metadata: unknown): string {
  return metadata === undefined || metadata === null ? "" : JSON.stringify(metadata, null, 4);
}
